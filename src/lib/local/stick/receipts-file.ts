import { ReceiptsFile, SignedReceipts } from '../../domain/stick';
import { databaseName, LockedDatabase, readSetting, type Position } from '../database';
import { lastTaken, takeReceipts } from '../locked';
import { fromBase64, type Seat, sha256 } from '../vault';

const { subtle } = globalThis.crypto;

export type Problem = 'unreadable' | 'foreign' | 'signature';
export type TakenReceipts = { cleared: number; refused: number };

/** Takes the receipts that came back from headquarters: what they name leaves the outbox, as after an exchange. Vault open or
 * locked. All of the file is looked at before anything moves.
 * @returns what was cleared and how much of it was refused, or what is wrong with the file: nothing has changed then */
export async function takeReceiptsFile(place: Seat, key: string, text: string): Promise<TakenReceipts | Problem> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		const file = parse(ReceiptsFile.safeParse, text);
		if (!file) return 'unreadable';
		const signer = await readSetting<string>(db, 'signer');
		const blocks: SignedReceipts[] = [];
		for (const { text, signature } of file.signed) {
			if (!signer || !(await isSigned(signer, text, signature))) return 'signature';
			const block = parse(SignedReceipts.safeParse, text);
			if (!block) return 'unreadable';
			const { structure, person, device } = place;
			if (block.structure !== structure || block.person !== person || block.device !== device || block.key !== key)
				return 'foreign';
			blocks.push(block);
		}
		let [cleared, refused] = [0, 0];
		for (const block of blocks) {
			const here = await db.outbox
				.where('order')
				.above(await lastTaken(db))
				.toArray();
			const named = new Map(block.changes.map((receipt) => [receipt.sealed, receipt]));
			const hashes = await Promise.all(here.map(({ sealed }) => sha256(sealed)));
			const batch = here.filter((_, i) => named.has(hashes[i]!));
			const receipts = hashes.flatMap((hash) => named.get(hash) ?? []);
			await takeReceipts(db, batch, { ...block, receipts });
			for (const { about, hash, at } of block.media)
				await db.media.update([about, hash], { state: 'sent', doneAt: at });
			// Receipts of another history: what it took is offered again at the next exchange.
			const position = await readSetting<Position>(db, 'position');
			if (position?.epoch && position.epoch !== block.epoch)
				await db.settings.put({ name: 'position', value: { ...position, offer: 'all' } });
			cleared += batch.length;
			refused += receipts.filter(({ verdict }) => verdict === 'quarantined').length;
		}
		return { cleared, refused };
	} finally {
		db.close();
	}
}

function parse<T>(read: (value: unknown) => { data?: T | undefined }, text: string): T | undefined {
	try {
		return read(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}

async function isSigned(signer: string, text: string, signature: string): Promise<boolean> {
	const how = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
	try {
		const key = await subtle.importKey('raw', fromBase64(signer), how, false, ['verify']);
		return await subtle.verify(how, key, fromBase64(signature), new TextEncoder().encode(text));
	} catch {
		return false;
	}
}
