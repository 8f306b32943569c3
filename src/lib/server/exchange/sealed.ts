import { groupBy } from '../../domain/grouped';
import { Problem } from '../../domain/problem';
import { CHUNK, mediaField, typeOfBytes, type Media, type MediaState } from '../../domain/media';
import type { PieceLine, SealedLine, TakeLine } from '../../domain/stick';
import type { Receipt } from '../../domain/sync';
import type { App } from '../app';
import { note } from '../keeping/journal';
import { receivePiece } from './media';
import { authorOf, push } from './push';
import { lockStructure, type Trx } from '../database/store';
import { sha256 } from '../database/hash';
import { decipher, openSealed, type VaultOf } from '../accounts/vaults';

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
	return await takeAsOwner(app, whose, await openAll(vault, whose, lines), also);
}

async function takeAsOwner(
	app: App,
	{ structure, person: id, device }: VaultOf,
	changes: readonly unknown[],
	also: (trx: Trx) => Promise<void> = () => Promise.resolve()
): Promise<{ receipts: Receipt[]; committed: number; epoch: string }> {
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

/** Takes a recording that was interrupted, and that nobody can decide about any more on its device: it is kept as its
 * interviewer would, who takes it back where they want to. A repeat finds it there.
 * @returns whether it was kept
 * @throws Problem `sealed.altered`; what else keeps it from being taken: it is to stay where it is then */
export async function takeSealedTake(app: App, whose: VaultOf, vault: CryptoKey, line: TakeLine): Promise<boolean> {
	const { about, take, question, at, milliseconds } = line;
	const content = await openTake(vault, whose, line);
	const type = typeOfBytes(content);
	if (!type) throw new Problem('sealed.altered', 400);
	const hash = sha256(content);
	const media: Media = { hash, type, size: content.length, question, seconds: Math.ceil(milliseconds / 1000), at };
	const change = { id: take, kind: 'interview', record: about, fields: { [mediaField(hash)]: media }, seen: {}, at };
	const [receipt] = (await takeAsOwner(app, whose, [change])).receipts;
	if (receipt!.verdict === 'erased' || receipt!.problem === 'voice.refused') return false;
	if (receipt!.verdict === 'quarantined') throw new Problem('right.missing', 403);
	if (receipt!.verdict === 'held') throw new Problem('quarantine.full', 409);
	const key = { structure: whose.structure, interview: about, hash };
	for (let from = 0; from < content.length; from += CHUNK)
		await receivePiece(app, key, { from, bytes: content.subarray(from, from + CHUNK) }, whose.person);
	return true;
}

async function openTake(vault: CryptoKey, whose: VaultOf, { take, parts }: TakeLine): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let next = 0;
	for (const own of groupBy(parts, ({ from }) => Math.floor(from / CHUNK)).values()) {
		const sealed: Buffer<ArrayBuffer>[] = [];
		for (const { from, mark, ...part } of own) {
			const bytes = Buffer.from(part.sealed, 'base64url');
			const proven = await openSealed(vault, whose, `${take}|${from}|${sha256(bytes)}`, 'part-1', mark);
			if (!proven || from !== next) throw new Problem('sealed.altered', 400);
			next += bytes.length;
			sealed.push(bytes);
		}
		pieces.push(await decipher(vault, own[0]!.nonce, Buffer.concat(sealed)));
	}
	return Buffer.concat(pieces);
}
