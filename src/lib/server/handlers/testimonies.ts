import * as z from 'zod/mini';
import { Correction, ReceiptCode, Testimony, TestimonyLine, Withdrawal } from '../../domain/testimony';
import { inStructure } from '../database/open';
import { byOf, done, endpoint, reply, type Call } from '../endpoint';
import { eraseInterview } from '../erasure';
import { note } from '../journal';
import { correct, findByReceipt, listTestimonies, readTestimony, RESPONDENT, withdraw } from '../testimonies';
import { countFailure, mustWait } from '../throttle';
import { Problem } from '../../domain/problem';

/** `?campaign=<id>` */
export const testimonies = endpoint({
	method: 'GET',
	path: '/api/testimonies',
	summary: 'The testimonies of a campaign, without their words',
	act: 'read-testimonies',
	reply: z.array(TestimonyLine),
	async handle(call) {
		const { app, request, session } = call;
		const structure = session.structure.id;
		const campaign = new URL(request.url).searchParams.get('campaign') ?? '';
		const lines = await listTestimonies(app.db, structure, campaign);
		await app.db
			.transaction()
			.execute((trx) => note(app, trx, structure, { act: 'testimonies.listed', ...byOf(call), count: lines.length }));
		return await reply(call, lines);
	}
});

export const testimony = endpoint({
	method: 'GET',
	path: '/api/testimonies/[id]',
	summary: 'One testimony, read online by a director and noted in the journal',
	act: 'read-testimonies',
	reply: Testimony,
	async handle(call) {
		const { app, session, params } = call;
		const structure = session.structure.id;
		// Noted first: what could not be noted is not read.
		const found = await app.db.transaction().execute(async (trx) => {
			const one = await readTestimony(trx, structure, params.id!);
			await note(app, trx, structure, { act: 'testimony.read', ...byOf(call), subject: one.id });
			return one;
		});
		return await reply(call, found);
	}
});

export const withdrawFor = endpoint({
	method: 'POST',
	path: '/api/testimonies/[id]/withdraw',
	summary: 'Withdraw agreements at the respondent’s demand',
	act: 'erase-testimonies',
	body: Withdrawal,
	reply: Testimony,
	async handle(call) {
		const { app, body, session, params } = call;
		await withdraw(app, session.structure.id, params.id!, body.items, byOf(call));
		return await reply(call, await readTestimony(app.db, session.structure.id, params.id!));
	}
});

export const eraseFor = endpoint({
	method: 'DELETE',
	path: '/api/testimonies/[id]',
	summary: 'Erase a testimony at the respondent’s demand',
	act: 'erase-testimonies',
	async handle(call) {
		await eraseInterview(call.app, call.session.structure.id, call.params.id!, byOf(call));
		return done();
	}
});

/** Opens what a receipt code opens; a wrong one costs as a wrong passphrase does. */
async function withReceipt<T>(
	{ app, address }: Pick<Call, 'app' | 'address'>,
	{ structure, code }: z.infer<typeof ReceiptCode>,
	work: (id: string) => Promise<T>
): Promise<T> {
	const key = `receipt:${address}`;
	await mustWait(app, '', key);
	return await inStructure(structure, async () => {
		let id: string;
		try {
			id = await findByReceipt(app.db, structure, code);
		} catch (thrown) {
			if (thrown instanceof Problem) await countFailure(app, '', key);
			throw thrown;
		}
		return await work(id);
	});
}

export const receipt = endpoint({
	method: 'POST',
	path: '/api/receipt',
	summary: 'Read one’s own testimony with its receipt code',
	act: 'anybody',
	body: ReceiptCode,
	reply: Testimony,
	handle: (call) =>
		withReceipt(call, call.body, async (id) => {
			const { app, body } = call;
			const found = await app.db.transaction().execute(async (trx) => {
				await note(app, trx, body.structure, { act: 'receipt.used', ...RESPONDENT, subject: id });
				return await readTestimony(trx, body.structure, id);
			});
			return await reply(call, found);
		})
});

export const receiptWithdraw = endpoint({
	method: 'POST',
	path: '/api/receipt/withdraw',
	summary: 'Withdraw agreements on one’s own testimony',
	act: 'anybody',
	body: z.extend(ReceiptCode, Withdrawal.shape),
	reply: Testimony,
	handle: (call) =>
		withReceipt(call, call.body, async (id) => {
			const { app, body } = call;
			await withdraw(app, body.structure, id, body.items, RESPONDENT);
			return await reply(call, await readTestimony(app.db, body.structure, id));
		})
});

export const receiptCorrect = endpoint({
	method: 'POST',
	path: '/api/receipt/correct',
	summary: 'Correct the words of one of one’s own answers',
	act: 'anybody',
	body: z.extend(ReceiptCode, Correction.shape),
	reply: Testimony,
	handle: (call) =>
		withReceipt(call, call.body, async (id) => {
			const { app, body } = call;
			await correct(app, body.structure, id, body, RESPONDENT);
			return await reply(call, await readTestimony(app.db, body.structure, id));
		})
});

export const receiptErase = endpoint({
	method: 'POST',
	path: '/api/receipt/erase',
	summary: 'Erase one’s own testimony',
	act: 'anybody',
	body: ReceiptCode,
	handle: (call) =>
		withReceipt(call, call.body, async (id) => {
			await eraseInterview(call.app, call.body.structure, id, RESPONDENT);
			return done();
		})
});
