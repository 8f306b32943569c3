import { CODE_LENGTH, codeFrom } from '../domain/code';
import type { Database } from './database/open';
import type { Rate } from './door/rate';
import type { Ledger } from './keeping/ledger';

/** What every handler is given: nothing below `routes/` reads a clock, a random source or the environment by itself. */
export type App = {
	db: Database;
	clock: () => Date;
	random: (bytes: number) => Uint8Array;
	/** Where pages and requests come from: `https://…`, or plain http on this very machine. */
	origin: string;
	/** The one-time code that the start command prints. It opens the first set-up. */
	setupCode: string;
	version: string;
	/** Refuses who asks too much. */
	rate: Rate;
	/** 32 bytes that lie outside the database: what is sealed with them is useless to who copies the database alone. */
	secret: Uint8Array;
	/** What was erased, kept outside the database too: a backup that comes back does not bring anybody back. */
	ledger: Ledger;
};

export const nowOf = (app: App): string => app.clock().toISOString();

/** An id nobody can guess: a version 4 UUID. */
export function newId(app: App): string {
	const bytes = app.random(16);
	bytes[6] = (bytes[6]! & 0x0f) | 0x40;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = Buffer.from(bytes).toString('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A secret for people to read aloud and type: no letter that looks like a digit. 50 bits. */
export const newCode = (app: Pick<App, 'random'>): string => codeFrom(app.random(CODE_LENGTH));
