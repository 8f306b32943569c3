import { ImportSummary } from '../../domain/stick';
import * as z from 'zod/mini';
import { Problem } from '../../domain/problem';
import {
	PieceLine,
	RECEIPTS_FORMAT,
	SealedLine,
	Signed,
	VaultPlace,
	type SealedLine as Line,
	type SignedReceipts
} from '../../domain/stick';
import { CHUNK } from '../../domain/media';
import { Id } from '../../domain/ids';
import { MediaHash, MediaState } from '../../domain/media-shapes';
import { MAX_BYTES, MAX_CHANGES } from '../../domain/sync';
import { nowOf } from '../app';
import { byOf, endpoint, reply, type Call } from '../door/endpoint';
import { note } from '../keeping/journal';
import { signFor } from '../keeping/proofs';
import { openAll, takeSealed, takeSealedPiece } from '../exchange/sealed';
import { openVault, type VaultOf } from '../accounts/vaults';
import { sha256 } from '../database/hash';

/** A file of another structure is not for this server to open, whatever it would find there. */
function atHome({ session, body }: Pick<Call<VaultOf>, 'session' | 'body'>): VaultOf {
	if (body.structure !== session.structure.id) throw new Problem('stick.foreign', 409);
	return body;
}

const hashOf = (sealed: string): string => sha256(Buffer.from(sealed, 'base64url'));

/** Takes a part of an outbox file; `check` only opens it, so that a file that was altered anywhere is refused before
 * anything of it is taken. Any number of times: what came before is known, and its receipt is given again. */
export const importOutbox = endpoint({
	method: 'POST',
	path: '/api/stick',
	summary: 'Import a part of a device’s sealed outbox brought as a file, and get the signed receipt to take back',
	act: 'import-outbox',
	body: z.looseObject({
		...VaultPlace,
		changes: z.array(SealedLine).check(z.maxLength(MAX_CHANGES)),
		media: z.optional(z.array(z.looseObject({ about: Id, hash: MediaHash })).check(z.maxLength(MAX_CHANGES))),
		check: z.optional(z.boolean())
	}),
	limit: MAX_BYTES,
	reply: ImportSummary,
	async handle(call) {
		const { app, body } = call;
		const whose = atHome(call);
		const vault = await openVault(app, app.db, whose);
		const nothing = { applied: 0, contested: 0, quarantined: 0, held: 0, erased: 0 };
		if (body.check) {
			await openAll(vault, whose, body.changes);
			return await reply(call, nothing);
		}
		const taken = await takeSealed(app, whose, vault, body.changes, (trx) =>
			note(app, trx, whose.structure, { act: 'outbox.imported', ...byOf(call), subject: whose.device })
		);
		const signed = await sign(call, whose, taken);
		for (const { verdict } of taken.receipts) nothing[verdict] += 1;
		return await reply(call, { ...nothing, signed });
	}
});

async function sign(
	{ app, body }: Call<{ changes: Line[]; media?: { about: string; hash: string }[] | undefined }>,
	{ structure, person, device, key }: VaultOf,
	{ receipts, committed, epoch }: Awaited<ReturnType<typeof takeSealed>>
): Promise<Signed> {
	return await app.db.transaction().execute(async (trx) => {
		const whole: SignedReceipts['media'] = [];
		for (const { about, hash } of body.media ?? []) {
			const row = await trx
				.selectFrom('media')
				.select('completed_at')
				.where('structure_id', '=', structure)
				.where('record_id', '=', about)
				.where('hash', '=', hash)
				.executeTakeFirst();
			if (row?.completed_at) whole.push({ about, hash, at: row.completed_at });
		}
		const text: SignedReceipts = {
			...{ format: RECEIPTS_FORMAT, structure, person, device, key, epoch, committed, at: nowOf(app) },
			changes: receipts
				.map((receipt, i) => ({ ...receipt, sealed: hashOf(body.changes[i]!.sealed) }))
				.filter(({ verdict }) => verdict !== 'held'),
			media: whole
		};
		const words = JSON.stringify(text);
		return { text: words, signature: await signFor(app, trx, structure, words) };
	});
}

/** Takes one piece of a recording out of an outbox file, or only opens it. Its interview was imported before it. */
export const importPiece = endpoint({
	method: 'POST',
	path: '/api/stick/media',
	summary: 'Import one sealed piece of a recording out of a device’s outbox file',
	act: 'import-outbox',
	body: z.looseObject({ ...VaultPlace, ...PieceLine.shape, check: z.optional(z.boolean()) }),
	limit: 2 * CHUNK,
	reply: MediaState,
	async handle(call) {
		const { app, body } = call;
		const whose = atHome(call);
		const vault = await openVault(app, app.db, whose);
		return await reply(call, await takeSealedPiece(app, whose, vault, body, body.check));
	}
});
