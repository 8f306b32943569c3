import * as z from 'zod/mini';
import { Id } from '../../domain/ids';
import { Problem } from '../../domain/problem';
import { MAX_BYTES, MAX_CHANGES, SealedReply } from '../../domain/sync';
import { CHUNK } from '../../domain/media';
import { MediaState } from '../../domain/media-shapes';
import { PieceLine, SealedLine, TakeLine, TakenLine, VaultPlace } from '../../domain/stick';
import { nowOf, type App } from '../app';
import { inStructure } from '../database/open';
import { byOf, done, endpoint, reply, shownFor } from '../door/endpoint';
import { note } from '../keeping/journal';
import { revokeDevice } from '../accounts/sessions';
import { recognise } from '../accounts/devices';
import { byAddress, DRAWN, tryOnce } from '../accounts/throttle';
import { takeSealed, takeSealedPiece, takeSealedTake } from '../exchange/sealed';
import { openVault, type VaultOf } from '../accounts/vaults';

/** Whose vault on which device. The ids are random, and no secret: colleagues' lists and files name them. */
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
			const shown = await recognise(app.db, body, shownFor(call, body.person));
			const device = await app.db
				.selectFrom('device')
				.select(['revoked_at', 'wiped_at'])
				.where('structure_id', '=', body.structure)
				.where('id', '=', body.device)
				.where('person_id', '=', body.person)
				.executeTakeFirst();
			// A server that does not know the device, restored or another, is no reason to delete anything.
			const revoked = Boolean(device?.revoked_at);
			// Only the device itself says that it is empty: whoever knows its ids must not call a stolen one so.
			if (revoked && shown && body.wiped && !device!.wiped_at)
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
	return await inStructure(whose.structure, async () => {
		const vault = await tryOnce(app, [byAddress('sealed', address, DRAWN)], () =>
			openVault(app, app.db, whose).catch((thrown: unknown) => {
				if (thrown instanceof Problem) return undefined;
				throw thrown;
			})
		);
		if (!vault) throw new Problem('record.missing', 404);
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

/** A quarter of an hour as it is recorded, in base64: it comes at once, as its name is what all of it adds up to. */
const TAKE = 6_000_000;

export const sealedTake = endpoint({
	method: 'POST',
	path: '/api/sealed/take',
	summary: 'Push a sealed recording that was interrupted and that a locked vault cannot decide about, as its owner’s',
	act: 'anybody',
	body: z.looseObject({ ...VaultPlace, ...TakeLine.shape }),
	limit: TAKE,
	reply: TakenLine,
	async handle(call) {
		const { app, body, address } = call;
		return await withVault(app, body, address, async (vault) =>
			reply(call, { kept: await takeSealedTake(app, body, vault, body) })
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
