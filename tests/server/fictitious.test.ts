import { describe, expect, test } from 'vitest';
import { inUse } from '$lib/domain/record';
import { openFictitious } from '$lib/server/fictitious/structure';
import { liveSheets } from '$lib/server/office/sheets';
import { DATABASES, openApp } from '../support/databases';
import { naming, putAll, recording } from '../support/media';
import { call, change, entered, sync, uuid } from '../support/server';
import { digestsOf, fillEveryTable, quarantineOf, storedRecords, talliesOf, tracesOf } from '../support/stored';

describe.each(DATABASES)('the fictitious structure on %s', (name) => {
	test('meets the published totals to the unit', async () => {
		const app = await openApp(name);
		const { structure } = await openFictitious(app);
		const campaigns = (await storedRecords(app, structure)).filter(({ kind }) => kind === 'campaign');
		const in2014 = campaigns.find(({ fields }) => inUse(fields, 'to') === '2014-12')!;
		const { sheets } = await liveSheets(app, structure, in2014.id);
		const whole = (indicator: string) =>
			sheets.sheets.flatMap(({ figures }) => figures).find((figure) => figure.indicator === indicator)?.whole;
		expect(whole('profils-salaries-en-parcours')).toMatchObject({ amount: 116 });
		expect(whole('besoins-clients-servis')).toMatchObject({ amount: 522 });
		expect(whole('richesses-heures-mise-a-disposition')).toMatchObject({ amount: 3_858_000 });
	});

	test('is written by the rules of everybody: nothing refused, tallies and digests right', async () => {
		const app = await openApp(name);
		const { structure } = await openFictitious(app);
		expect(await quarantineOf(app)).toEqual([]);
		const tallies = await talliesOf(app, structure);
		expect(tallies.stored).toEqual(tallies.expected);
		const digests = await digestsOf(app, structure);
		expect(digests.stored).toEqual(digests.expected);
	});

	test('has the same records every time', async () => {
		const [one, other] = [await openApp(name), await openApp(name)];
		const [{ structure }, again] = [await openFictitious(one), await openFictitious(other)];
		expect(again.structure).toBe(structure);
		const sorted = async (app: typeof one) =>
			(await storedRecords(app, structure)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
		expect(await sorted(other)).toEqual(await sorted(one));
	});

	test('is made once, even for two people who ask at the same moment', async () => {
		const app = await openApp(name);
		const explore = () =>
			call(app, 'POST', '/api/explore', { body: { role: 'director', device: { id: uuid(), name: 'Poste' } } });
		const both = await Promise.all([explore(), explore()]);
		expect(both.map(({ status }) => status)).toEqual([200, 200]);
		expect(await app.db.selectFrom('structure').select('id').execute()).toHaveLength(1);
	});

	test('is marked as such wherever it is named', async () => {
		const app = await openApp(name);
		const response = await call(app, 'POST', '/api/explore', {
			body: { role: 'counsellor', device: { id: uuid(), name: 'Poste' } }
		});
		expect(await response.json()).toMatchObject({
			session: { structure: { fictitious: true }, person: { name: 'Sandrine Ossun' } }
		});
	});

	test('leaves nothing of itself in any table once it is deleted, recordings included', async () => {
		const app = await openApp(name);
		const enter = async (role: string) => {
			const body = { role, device: { id: uuid(), name: 'Poste' } };
			return await entered(await call(app, 'POST', '/api/explore', { body }));
		};
		const [claire, sandrine] = [await enter('director'), await enter('counsellor')];
		const structure = claire.session.structure.id;
		const heard = (await storedRecords(app, structure)).find(
			({ kind, owner }) => kind === 'interview' && owner === sandrine.session.person.id
		)!;
		const content = recording(100);
		await sync(app, sandrine, [
			change(
				'interview',
				{ 'consent:enregistrement-voix': { answer: 'yes', use: 'voice' }, ...naming(content) },
				{ record: heard.id }
			)
		]);
		expect((await putAll(app, sandrine, heard.id, content)).status).toBe(200);
		await fillEveryTable(app, structure);

		expect((await call(app, 'DELETE', '/api/explore', { as: claire })).status).toBe(204);
		expect(await tracesOf(app, [structure])).toEqual([]);
	});
});
