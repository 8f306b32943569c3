import { describe, expect, test } from 'vitest';
import { judgementId } from '$lib/domain/judgement';
import { differing, inUse } from '$lib/domain/record';
import { DATABASES } from '../support/databases';
import { CRITERION, idOf, openOffice } from '../support/office';
import { addTotp, change, enrol, pullAll, sync } from '../support/server';

describe.each(DATABASES)('judgements and actions on %s', (name) => {
	const recordIn = async (office: Awaited<ReturnType<typeof openOffice>>, device: typeof office.claire, id: string) =>
		(await pullAll(office.app, device)).records.find((record) => record.id === id);

	test('two directors who judge one criterion without a network meet in one record, and nothing of either is lost', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, campaign } = office;
		const marc = await enrol(app, claire, 'Marc', [{ role: 'director', antennas: [] }]);
		await addTotp(app, marc);
		const record = judgementId({ campaign, criterion: CRITERION });
		const from = (fields: { [field: string]: unknown }) => change('judgement', fields, { record });
		const first = { summary: 'Elles progressent [1].', limits: 'Peu de bus.', 'support:figure:heures': { number: 1 } };
		const second = { limits: 'Peu d’heures en hiver.', 'support:figure:missions': { number: 1 } };
		const { receipts: told } = await sync(app, claire, [from(first)]);
		expect(told).toMatchObject([{ verdict: 'applied' }]);
		const { receipts } = await sync(app, marc, [from(second)]);
		expect(receipts).toMatchObject([{ verdict: 'contested' }]);

		// Everybody of the structure reads it, with both.
		for (const device of [claire, marc, sandrine]) {
			const { fields } = (await recordIn(office, device, record))!;
			expect(differing(fields, 'limits').map(({ value }) => value)).toEqual([first.limits, second.limits]);
			expect(inUse(fields, 'summary')).toBe(first.summary);
			expect(Object.keys(fields).filter((field) => field.startsWith('support:'))).toHaveLength(2);
		}
	});

	test('a counsellor writes none, and no director one under an id that says nothing', async () => {
		const { app, claire, sandrine, campaign } = await openOffice(name);
		const record = judgementId({ campaign, criterion: CRITERION });
		const words = { summary: 'Elles progressent.' };
		const refused = await sync(app, sandrine, [change('judgement', words, { record })]);
		expect(refused.receipts).toMatchObject([{ verdict: 'quarantined', problem: 'right.missing' }]);
		const nameless = await sync(app, claire, [change('judgement', words)]);
		expect(nameless.receipts).toMatchObject([{ verdict: 'quarantined', problem: 'right.missing' }]);
	});

	test('words of a hundred thousand characters are kept aside whole, with the field that is too long', async () => {
		const { app, claire, campaign } = await openOffice(name);
		const record = judgementId({ campaign, criterion: CRITERION });
		const { receipts } = await sync(app, claire, [change('judgement', { summary: 'é'.repeat(100_000) }, { record })]);
		expect(receipts).toMatchObject([{ verdict: 'quarantined', problem: 'field.invalid', fields: ['summary'] }]);
		const [kept] = await app.db.selectFrom('quarantine').select('raw').execute();
		expect(kept!.raw).toContain('é'.repeat(100_000));
	});

	test('who an action is given to moves it on; given to somebody else meanwhile, what they wrote waits for the office', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, nadia, campaign } = office;
		const made = change('action', {
			...{ campaign, criterion: CRITERION, words: 'Prêter un scooter', due: '2015-03', state: 'planned' },
			owner: idOf(sandrine)
		});
		await sync(app, claire, [made]);
		const { record } = made;
		const seen = { state: [made.id] };
		const moved = change('action', { state: 'done', note: 'Prêté.' }, { record, seen });
		const [{ receipts }, wider] = [
			await sync(app, sandrine, [moved]),
			await sync(app, sandrine, [change('action', { words: 'Autre chose' }, { record, seen: { words: [made.id] } })])
		];
		expect(receipts).toMatchObject([{ verdict: 'applied' }]);
		expect(wider.receipts).toMatchObject([{ verdict: 'quarantined', problem: 'right.missing' }]);
		expect(inUse((await recordIn(office, nadia, record))!.fields, 'state')).toBe('done');

		const given = change('action', { owner: idOf(nadia) }, { record, seen: { owner: [made.id] } });
		await sync(app, claire, [given]);
		const late = change('action', { state: 'dropped' }, { record, seen: { state: [moved.id] } });
		expect((await sync(app, sandrine, [late])).receipts).toMatchObject([{ verdict: 'quarantined' }]);
		const { fields } = (await recordIn(office, claire, record))!;
		expect([inUse(fields, 'state'), inUse(fields, 'words')]).toEqual(['done', 'Prêter un scooter']);
	});

	test('the journal tells that a judgement was changed and by whom, and not a word of it', async () => {
		const { app, claire, campaign } = await openOffice(name);
		const record = judgementId({ campaign, criterion: CRITERION });
		await sync(app, claire, [change('judgement', { summary: 'Elles progressent.' }, { record })]);
		const lines = await app.db.selectFrom('journal').selectAll().where('act', '=', 'judgement.changed').execute();
		expect(lines).toMatchObject([{ person_id: idOf(claire), subject: record }]);
		expect(JSON.stringify(lines)).not.toContain('progressent');
	});
});
