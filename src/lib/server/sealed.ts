import { Problem } from '../domain/problem';
import { CHUNK, type MediaState } from '../domain/media';
import type { PieceLine, SealedLine } from '../domain/stick';
import type { Receipt } from '../domain/sync';
import type { App } from './app';
import { note } from './journal';
import { receivePiece } from './media';
import { authorOf, push } from './push';
import { lockStructure, type Trx } from './store';
import { openSealed, type VaultOf } from './vaults';

/** Opens changes as their device sealed them.
 * @throws Problem `sealed.altered`: all or nothing */
export async function openAll(vault: CryptoKey, whose: VaultOf, lines: readonly SealedLine[]): Promise<unknown[]> {
	const plain = await Promise.all(
		lines.map(({ record, sealed }) => openSealed(vault, whose, record, 'change-1', sealed))
	);
	try {
		return plain.map((bytes) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes!)) as unknown);
	} catch (cause) {
		throw new Problem('sealed.altered', 400, {}, { cause });
	}
}

/** Takes one sealed piece of a recording. Its interview has come before it.
 * @param check only opens it
 * @throws Problem `sealed.altered`, and what taking a piece throws */
export async function takeSealedPiece(
	app: App,
	whose: VaultOf,
	vault: CryptoKey,
	{ about, hash, number, piece }: PieceLine,
	check = false
): Promise<MediaState> {
	const bytes = await openSealed(vault, whose, `${hash}|${number}`, 'media-1', piece);
	if (!bytes) throw new Problem('sealed.altered', 400);
	if (check) return { received: 0, complete: false, at: null };
	const key = { structure: whose.structure, interview: about, hash };
	return await receivePiece(app, key, { from: number * CHUNK, bytes }, whose.person);
}

/** Takes the outbox of a locked vault as its owner's, by the rights they have now. */
export async function takeSealed(
	app: App,
	whose: VaultOf,
	vault: CryptoKey,
	lines: readonly SealedLine[],
	also: (trx: Trx) => Promise<void> = () => Promise.resolve()
): Promise<{ receipts: Receipt[]; committed: number; epoch: string }> {
	const { structure, person: id, device } = whose;
	const changes = await openAll(vault, whose, lines);
	return await app.db.transaction().execute(async (trx) => {
		const { epoch } = await lockStructure(trx, structure);
		await note(app, trx, structure, {
			act: 'vault.opened',
			person: id,
			device,
			subject: device,
			count: changes.length
		});
		await also(trx);
		const author = await authorOf(trx, structure, id, device);
		const { receipts, committed } = await push(app, trx, author, changes, { sequence: 0, audiences: new Set() });
		return { receipts, committed, epoch };
	});
}
