import * as z from 'zod/mini';
import { Id } from '../../domain/ids';
import { Problem } from '../../domain/problem';
import { MAX_BYTES, MAX_CHANGES, SealedReply } from '../../domain/sync';
import { CHUNK } from '../../domain/media';
import { MediaState } from '../../domain/media-shapes';
import { PieceLine, SealedLine, VaultPlace } from '../../domain/stick';
import { nowOf, type App } from '../app';
import { inStructure } from '../database/open';
import { byOf, done, endpoint, reply } from '../endpoint';
import { note } from '../journal';
import { revokeDevice } from '../sessions';
import { countFailure, mustWait } from '../throttle';
import { takeSealed, takeSealedPiece } from '../sealed';
import { openVault, type VaultOf } from '../vaults';

/** Whose vault on which device. The ids are random: who does not hold the device does not know them. */
const Place = { structure: Id, person: Id, device: Id };

export const contact = endpoint({
	method: 'POST',
	path: '/api/contact',
	summary: 'Whether a device, locked or not, has been revoked; and, once it has obeyed, that it has',
	act: 'anybody',
	body: z.looseObject({ ...Place, wiped: z.optional(z.boolean()) }),
	reply: z.looseObject({ revoked: z.boolean() }),
	async handle(call) {
		const { app, body } = call;
		return await inStructure(body.structure, async () => {
			const device = await app.db
				.selectFrom('device')
				.select(['revoked_at', 'wiped_at'])
				.where('structure_id', '=', body.structure)
				.where('id', '=', body.device)
				.where('person_id', '=', body.person)
				.executeTakeFirst();
			// A server that does not know the device, restored or another, is no reason to delete anything.
			const revoked = Boolean(device?.revoked_at);
			if (revoked && body.wiped && !device!.wiped_at)
				await app.db.transaction().execute(async (trx) => {
					await trx
						.updateTable('device')
						.set({ wiped_at: nowOf(app) })
						.where('structure_id', '=', body.structure)
						.where('id', '=', body.device)
						.where('person_id', '=', body.person)
						.execute();
					const { person, device } = body;
					await note(app, trx, body.structure, { act: 'device.wiped', person, device, subject: device });
				});
			return await reply(call, { revoked });
		});
	}
});

const Sealed = z.looseObject({
	...VaultPlace,
	changes: z.array(SealedLine).check(z.maxLength(MAX_CHANGES))
});

/** Opens the vault that a call from nobody in particular names; guessing at one is made slow. */
async function withVault(
	app: App,
	whose: VaultOf,
	address: string,
	work: (vault: CryptoKey) => Promise<Response>
): Promise<Response> {
	const key = `sealed:${address}`;
	await mustWait(app, '', key);
	return await inStructure(whose.structure, async () => {
		const vault = await openVault(app, app.db, whose).catch(async (cause: unknown) => {
			await countFailure(app, '', key);
			throw cause;
		});
		return await work(vault);
	});
}

/** Takes the outbox of a locked vault as it lies. Whoever brings it, only the device that was enrolled can have sealed it:
 * the server opens it with the wrap it was left, and judges it as its owner's, by the rights they have now. */
export const sealed = endpoint({
	method: 'POST',
	path: '/api/sealed',
	summary: 'Push the sealed outbox of a locked vault, as its owner’s',
	act: 'anybody',
	body: Sealed,
	limit: MAX_BYTES,
	reply: SealedReply,
	async handle(call) {
		const { app, body, address } = call;
		return await withVault(app, body, address, async (vault) =>
			reply(call, await takeSealed(app, body, vault, body.changes))
		);
	}
});

export const sealedPiece = endpoint({
	method: 'POST',
	path: '/api/sealed/media',
	summary: 'Push one sealed piece of a recording of a locked vault, as its owner’s',
	act: 'anybody',
	body: z.looseObject({ ...VaultPlace, ...PieceLine.shape }),
	limit: 2 * CHUNK,
	reply: MediaState,
	async handle(call) {
		const { app, body, address } = call;
		return await withVault(app, body, address, async (vault) =>
			reply(call, await takeSealedPiece(app, body, vault, body))
		);
	}
});

export const revoke = endpoint({
	method: 'DELETE',
	path: '/api/devices/[id]',
	summary: 'Revoke a lost device for everybody who uses it',
	act: 'manage-people',
	async handle({ app, session, params }) {
		const structure = session.structure.id;
		await app.db.transaction().execute(async (trx) => {
			const count = await revokeDevice(app, trx, structure, params.id!);
			if (count === 0) throw new Problem('record.missing', 404);
			const by = byOf({ session });
			await note(app, trx, structure, { act: 'device.revoked', ...by, subject: params.id!, count });
		});
		return done();
	}
});
