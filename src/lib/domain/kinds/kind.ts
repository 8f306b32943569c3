import type * as z from 'zod/mini';
import type { Contribution } from '../contributions';
import type { Fields } from '../record';
import type { Framework } from '../framework-shapes';
import type { ProblemCode } from '../problem';
import type { Role } from '../structure';

/** What merging, rights and audiences look at. */
export type Subject = { id: string; kind: string; owner: string; about?: string | undefined; fields: Fields };

/** What a rule about a record may look at beside it: the interview it is about, and where it arrives, its campaign, the
 * framework it was begun with and the server's day. */
export type Context = {
	interview?: Subject | undefined;
	campaign?: Subject | undefined;
	framework?: Framework | undefined;
	today?: string | undefined;
};

/** What of a change is looked at. */
export type Change = { id: string; fields: { [field: string]: unknown } };

/** Why a change cannot be meant. `final`: nor can the office take it as it is. */
export type Refusal = { problem: ProblemCode; fields: string[]; final: boolean };

/** How far a right goes: nothing, what one was given to do, what one made oneself, the antennas of the grant, the whole
 * structure. */
export type Reach = 'none' | 'assigned' | 'own' | 'antennas' | 'all';
export type Rights = { write: Reach; receive: Reach };

export const OWN: Rights = { write: 'own', receive: 'own' };
export const READ: Rights = { write: 'none', receive: 'all' };
export const ALL: Rights = { write: 'all', receive: 'all' };
export const NOTHING: Rights = { write: 'none', receive: 'none' };

/** The audience that everybody of a structure follows. */
export const EVERYBODY = 'structure';

export type Schemas = { [field: string]: z.ZodMiniType };

/** What of a record is somebody's own, and what is left of it when its time is over. */
export type Personal = {
	/** The audience of whoever made it: told of an erasure though it was never anywhere else. */
	own: (owner: string) => string;
	withoutWords: (fields: Fields) => Fields;
	/** Whether a field is part of the campaign's counts, or of what somebody objects to. */
	isCounted: (field: string) => boolean;
};

/** All that depends on what kind of record it is. Nothing here has a default: a kind that leaves one out does not compile. */
export type Kind = {
	/** The schema of each field; `families` are fields named by a prefix. */
	fields: Schemas;
	families: Schemas;
	/** What its ids are like, where they say what it is of; otherwise the change that creates it lends it its own. */
	isId: ((id: string) => boolean) | 'random';
	/** Who may write it, and whose devices receive it. */
	rights: { [role in Role]: Rights };
	/** The field that names whom a stored one is given to, and what they may write in it. */
	assigned: { to: string; may: readonly string[] } | 'nobody';
	/** Fields that take more than the right to write their record. */
	reserved: { [field: string]: Role };
	/** The antenna it is at, where rights look at that. `fields` are a change's and the record's, laid together. */
	place: ((id: string, fields: { [field: string]: unknown }) => string | undefined) | 'nowhere';
	/** What cannot be meant, though its shape is right and its author may write it. `merged` is what its record would be. */
	refusal: ((change: Change, merged: Subject, context: Context) => Refusal | undefined) | 'never';
	/** The one audience it belongs to now: it is there, and somebody's. */
	audience: (record: Subject, context: Context) => string | undefined;
	/** What it adds to the tallies: it is there. */
	contributions: (record: Subject, context: Context) => Contribution[];
	personal: Personal | 'nothing';
};
