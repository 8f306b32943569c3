import * as z from 'zod/mini';
import { receiptText } from '../../domain/code';
import { Correction, ReceiptCode, Testimony, TestimonyLines, Withdrawal } from '../../domain/testimony';
import { inStructure } from '../database/open';
import { byOf, done, endpoint, reply, type Call } from '../door/endpoint';
import { eraseInterview } from '../keeping/erasure';
import { note } from '../keeping/journal';
import {
	agree,
	BY_CODE,
	correct,
	findByReceipt,
	listTestimonies,
	readTestimony,
	withdraw
} from '../office/testimonies';
import { findDone, keepDone } from '../accounts/pending';
import { byAddress, DRAWN, tryOnce } from '../accounts/throttle';
import { Problem } from '../../domain/problem';

/** `?campaign=<id>` */
export const testimonies = endpoint({
	method: 'GET',
	path: '/api/testimonies',
	summary: 'The testimonies of a campaign, without their words',
	act: 'read-testimonies',
	reply: TestimonyLines,
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

/** Opens what a receipt code opens; a wrong one is counted.
 * @param gone what is answered where the code opens nothing any more
 * @throws Problem `receipt.refused` */
async function withReceipt<T>(
	{ app, address }: Pick<Call, 'app' | 'address'>,
	{ structure, code }: z.infer<typeof ReceiptCode>,
	work: (id: string) => Promise<T>,
	gone: () => Promise<T | undefined> = () => Promise.resolve(undefined)
): Promise<T> {
	const found = await tryOnce(app, [byAddress('receipt', address, DRAWN)], () =>
		inStructure(structure, async () => {
			const id = await findByReceipt(app.db, structure, code);
			return id === undefined ? await gone() : await work(id);
		})
	);
	if (found === undefined) throw new Problem('receipt.refused', 404);
	return found;
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
				await note(app, trx, body.structure, { act: 'receipt.used', ...BY_CODE, subject: id });
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
			await withdraw(app, body.structure, id, body.items, BY_CODE);
			return await reply(call, await readTestimony(app.db, body.structure, id));
		})
});

export const receiptAgree = endpoint({
	method: 'POST',
	path: '/api/receipt/agree',
	summary: 'Agree again, on one’s own testimony, to what was withdrawn',
	act: 'anybody',
	body: z.extend(ReceiptCode, Withdrawal.shape),
	reply: Testimony,
	handle: (call) =>
		withReceipt(call, call.body, async (id) => {
			const { app, body } = call;
			await agree(app, body.structure, id, body.items);
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
			await correct(app, body.structure, id, body, BY_CODE);
			return await reply(call, await readTestimony(app.db, body.structure, id));
		})
});

/** A day, in minutes, in which whoever erased what they said is told so once more: the answer may have been lost. */
const TOLD = 24 * 60;

export const receiptErase = endpoint({
	method: 'POST',
	path: '/api/receipt/erase',
	summary: 'Erase one’s own testimony',
	act: 'anybody',
	body: ReceiptCode,
	async handle(call) {
		const { app, body } = call;
		const { structure } = body;
		const name = receiptText(structure, body.code);
		const erase = async (id: string) => {
			// First: should the server die in between, the code still opens, and it is done then.
			await keepDone(app, app.db, { structure, person: BY_CODE.person }, 'erased', name, '', TOLD);
			await eraseInterview(app, structure, id, BY_CODE);
			return done();
		};
		const isErased = async () => ((await findDone(app, app.db, structure, 'erased', name)) ? done() : undefined);
		return await withReceipt(call, body, erase, isErased);
	}
});
