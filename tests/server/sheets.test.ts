import { describe, expect, test } from 'vitest';
import { readingId } from '$lib/domain/reading';
import { Sheets } from '$lib/domain/sheet';
import type { App } from '$lib/server/app';
import { quote } from '$lib/server/sheets-csv';
import { DATABASES, openApp } from '../support/databases';
import { openOther } from '../support/office';
import { interview, openScene, type Scene } from '../support/scene';
import { call, change, enrol, sync, type Device } from '../support/server';

const ESTEEM = 'reconnaissance-estime';
const QUESTION = 'q-estime-fierte-travail';
const HOURS = 'richesses-heures-mise-a-disposition';

const get = (app: App, campaign: string, device: Device, headers: Record<string, string> = {}) =>
	call(app, 'GET', `/api/sheets?campaign=${campaign}`, { as: device, headers });
const read = async (scene: Scene, device: Device) => {
	const response = await get(scene.app, scene.campaign, device);
	expect(response.status).toBe(200);
	const sheets = Sheets.parse(await response.json());
	const sheet = sheets.sheets.find(({ criterion }) => criterion === ESTEEM)!;
	const answers = sheet.answers.find(
		({ question, stakeholder }) => question === QUESTION && stakeholder === 'employee'
	);
	const figures = sheets.sheets.flatMap(({ figures }) => figures);
	return { sheets, sheet, answers, hours: figures.find(({ indicator }) => indicator === HOURS)! };
};
const csv = async ({ app, campaign }: Scene, device: Device, language = 'fr') =>
	await call(app, 'GET', `/api/sheets?campaign=${campaign}&format=csv&language=${language}`, { as: device });

/** So many people heard in an antenna, who say how proud they are. */
async function hear(scene: Scene, antenna: string, people: number, level = 4) {
	const { app, sandrine, nadia, lourdes } = scene;
	const changes = Array.from({ length: people }, () =>
		change('interview', interview(scene, { antenna, [`answer:${QUESTION}`]: { value: level } }))
	);
	const { receipts } = await sync(app, (antenna === lourdes ? sandrine : nadia).device, changes);
	expect(receipts.every(({ verdict }) => verdict === 'applied')).toBe(true);
}
async function type({ app, claire, campaign }: Scene, place: string, amount: number) {
	const record = readingId({ campaign, place, period: '2014-01', indicator: HOURS });
	await sync(app, claire.device, [change('reading', { value: { amount } }, { record })]);
}
const placesOf = (answers: { places: { place: string }[] } | undefined) => answers?.places.map(({ place }) => place);

describe.each(DATABASES)('the sheets of a campaign on %s', (name) => {
	test('show each role what is theirs, out of what was pushed', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, sandrine, tarbes, lourdes } = scene;
		await hear(scene, lourdes, 6);
		await hear(scene, tarbes, 7, 1);
		await type(scene, lourdes, 1000);
		await type(scene, tarbes, 2050);
		const all = await read(scene, claire.device);
		expect(placesOf(all.answers)).toEqual([tarbes, lourdes, 'structure']);
		expect(all.answers!.places.map(({ distribution }) => distribution)).toEqual([
			{ people: 7, details: { 'value:1': 7 } },
			{ people: 6, details: { 'value:4': 6 } },
			{ people: 13, details: { 'value:1': 7, 'value:4': 6 } }
		]);
		expect(all.hours.whole).toMatchObject({ amount: 3050 });
		expect(all.sheets.coverage).toHaveLength(2);
		const hers = await read(scene, sandrine.device);
		expect(placesOf(hers.answers)).toEqual([lourdes]);
		expect(hers.hours.series.map(({ place }) => place)).toEqual([lourdes]);
		expect(hers.hours.whole).toBeUndefined();
		expect(JSON.stringify(hers.sheets)).not.toContain(tarbes);
	});

	test('withhold what four people said and show what five did', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, lourdes } = scene;
		await hear(scene, lourdes, 4);
		expect((await read(scene, claire.device)).answers!.places[1]).toMatchObject({ people: 4 });
		expect((await read(scene, claire.device)).answers!.places[1]!.distribution).toBeUndefined();
		await hear(scene, lourdes, 1);
		expect((await read(scene, claire.device)).answers!.places[1]!.distribution).toEqual({
			people: 5,
			details: { 'value:4': 5 }
		});
	});

	test('withhold Tarbes where the total less Tarbes would be the four people of Lourdes', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, nadia, tarbes, lourdes } = scene;
		await hear(scene, tarbes, 9);
		await hear(scene, lourdes, 4, 1);
		const { answers } = await read(scene, claire.device);
		expect(answers!.places.map(({ distribution }) => distribution?.people)).toEqual([undefined, undefined, 13]);
		expect((await read(scene, nadia.device)).answers!.places).toMatchObject([{ place: tarbes, people: 9 }]);
		expect((await read(scene, nadia.device)).answers!.places[0]!.distribution).toBeUndefined();
	});

	test('do not say from one day to the next what one more person answered', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, lourdes } = scene;
		const shown = async () => (await read(scene, claire.device)).answers!.places[1]!.distribution;
		await hear(scene, lourdes, 6);
		const before = await shown();
		await hear(scene, lourdes, 1, 1);
		expect(await shown()).toEqual(before);
		await hear(scene, lourdes, 4, 1);
		expect(await shown()).toEqual({ people: 11, details: { 'value:4': 6, 'value:1': 5 } });
	});

	test('are not sent again while nothing has changed, and are when something has', async () => {
		const scene = await openScene(await openApp(name));
		const { app, campaign, claire, sandrine, lourdes } = scene;
		const first = await get(app, campaign, claire.device);
		const etag = first.headers.get('etag')!;
		const again = await get(app, campaign, claire.device, { 'if-none-match': etag });
		expect([again.status, await again.text()]).toEqual([304, '']);
		expect((await get(app, campaign, claire.device, { 'if-none-match': `W/${etag}` })).status).toBe(304);
		expect((await get(app, campaign, sandrine.device, { 'if-none-match': etag })).status).toBe(200);
		await hear(scene, lourdes, 1);
		expect((await get(app, campaign, claire.device, { 'if-none-match': etag })).status).toBe(200);
	});

	test('of no campaign, or another structure’s, do not exist', async () => {
		const scene = await openScene(await openApp(name));
		for (const campaign of ['', 'nope', scene.lourdes, scene.claire.person])
			expect((await get(scene.app, campaign, scene.claire.device)).status).toBe(404);
		const stranger = await openOther(scene.app);
		expect((await get(scene.app, scene.campaign, stranger)).status).toBe(404);
	});

	test('leave as a file for the director only, under the stricter threshold', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, sandrine, tarbes } = scene;
		expect((await csv(scene, sandrine.device)).status).toBe(403);
		await hear(scene, tarbes, 10);
		const lines = async () => (await (await csv(scene, claire.device)).text()).split('\r\n');
		const values = (all: string[]) =>
			all.filter(
				(line) => line.includes('Salarié-e-s en parcours') && line.includes('Tarbes') && line.includes(';10;')
			);
		expect(values(await lines()).filter((line) => line.includes('masqué'))).toHaveLength(1);
		expect(values(await lines())).toHaveLength(1);
		await hear(scene, tarbes, 1);
		const eleven = (await lines()).filter((line) => line.includes('Tarbes') && line.includes(';11;'));
		expect(eleven).toHaveLength(2); // the base, and the eleven who chose that level
		expect(eleven.some((line) => line.includes('masqué'))).toBe(false);
	});

	test('a file is read by a French spreadsheet, and by an English one when asked', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, tarbes } = scene;
		await type(scene, tarbes, 118_450);
		const french = await csv(scene, claire.device);
		expect(french.headers.get('content-type')).toBe('text/csv; charset=utf-8');
		const bytes = new Uint8Array(await french.arrayBuffer());
		expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]); // so that Excel reads the accents
		const text = new TextDecoder().decode(bytes);
		expect(text).toContain(
			'Critère;Indicateur ou question;Partie prenante;Lieu;Période;Valeur;Unité ou réponse;Note\r\n'
		);
		expect(text).toMatch(/;Tarbes;2014-01;1184,5;/);
		const english = await (await csv(scene, claire.device, 'en')).text();
		expect(english).toMatch(/,Tarbes,2014-01,1184.5,/);
	});

	test('a name that a spreadsheet would run is kept as text in the file', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, campaign, lourdes } = scene;
		const evil = '=HYPERLINK("http://x";"y")';
		await claire.edit('antenna', lourdes, { name: evil });
		await claire.edit('campaign', campaign, { title: '@SUM(A1)' });
		await claire.sync();
		await type(scene, lourdes, 1);
		const text = await (await csv(scene, claire.device)).text();
		expect(text).toContain(`"'=HYPERLINK(""http://x"";""y"")"`);
		expect(text).not.toMatch(/(^|;)"?[=@]/m);
		expect(app.origin).toBeTruthy();
	});

	test('follow the structure’s own threshold when it is raised', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, lourdes } = scene;
		await hear(scene, lourdes, 6);
		await claire.edit('structure', claire.device.session.structure.id, { k: 7 });
		await claire.sync();
		const { answers, sheets } = await read(scene, claire.device);
		expect(sheets.k).toBe(7);
		expect(answers!.places[1]!.distribution).toBeUndefined();
	});

	test('are released once for all: two readers at the same moment get one table', async () => {
		const scene = await openScene(await openApp(name));
		await hear(scene, scene.lourdes, 6);
		const all = await Promise.all(Array.from({ length: 6 }, () => read(scene, scene.claire.device)));
		const tables = new Set(all.map(({ sheets }) => JSON.stringify(sheets.sheets)));
		expect(tables.size).toBe(1);
		const kept = await scene.app.db.selectFrom('released').selectAll().execute();
		expect(kept).toHaveLength(1);
	});

	test('show an antenna’s staff who works in both the total', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, tarbes, lourdes } = scene;
		await type(scene, lourdes, 1000);
		const both = await enrol(app, claire.device, 'Julien', [{ role: 'antenna-staff', antennas: [tarbes, lourdes] }]);
		expect((await read(scene, both)).hours.whole).toMatchObject({ amount: 1000 });
	});
});

describe('a cell of a file', () => {
	test.each([
		['=1+1', "'=1+1"],
		['+33 6', "'+33 6"],
		['-x', "'-x"],
		['@cmd', "'@cmd"],
		['\t=1', "'\t=1"],
		['\r=1', '"\'\r=1"'],
		['-12,5', '-12,5'],
		['-12.5', '-12.5'],
		['a;b', '"a;b"'],
		['dit « oui »', 'dit « oui »'],
		['dit "oui"', '"dit ""oui"""'],
		['deux\nlignes', '"deux\nlignes"'],
		['', '']
	])('%j is written %j', (cell, written) => {
		expect(quote(cell, ';')).toBe(written);
	});
});
