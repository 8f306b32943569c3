import { describe, expect, test } from 'vitest';
import { readingId } from '$lib/domain/reading';
import { findIndicator } from '$lib/domain/framework';
import { isOpenFigure, Sheets } from '$lib/domain/sheet';
import type { App } from '$lib/server/app';
import { quote, sheetsFile, type About } from '$lib/report/sheets-csv';
import type { Framework } from '$lib/domain/framework-shapes';
import { inUse, valuesOf } from '$lib/domain/record';
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
/** The file that a browser makes of what it is given for one. */
async function file({ app, claire, campaign }: Scene, device: Device, language = 'fr', more: Partial<About> = {}) {
	const response = await call(app, 'GET', `/api/sheets?campaign=${campaign}&for=file`, { as: device });
	expect(response.status).toBe(200);
	const name = async (id: string) => valuesOf((await claire.view(id))!.fields);
	const { title, framework } = (await name(campaign)) as { title: string; framework: string };
	const { definition } = (await name(framework)) as { definition: Framework };
	const views = await claire.list('antenna');
	const antennas = new Map(views.map(({ id, fields }) => [id, String(inUse(fields, 'name'))]));
	return sheetsFile(
		Sheets.parse(await response.json()),
		{
			framework: definition,
			structure: { name: 'Atouts & Gaves', fictitious: false },
			campaign: { title, antennas: [...antennas.keys()], fields: (await claire.view(campaign))!.fields },
			before: undefined,
			antennas,
			quotes: [{ criterion: definition.registers[0]!.criteria[0]!.id, valence: 'added', words: '=1+1 oui' }],
			...more
		},
		language,
		'2014-11-12'
	);
}

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
/** One person who would rather not answer. */
const hearDeclined = async (scene: Scene) =>
	await sync(scene.app, scene.sandrine.device, [
		change('interview', interview(scene, { [`answer:${QUESTION}`]: { without: 'declined' } }))
	]);
/** Whether a figure is about nobody in particular. */
async function isOpen({ claire, campaign }: Scene, indicator: string): Promise<boolean> {
	const { framework } = valuesOf((await claire.view(campaign))!.fields) as { framework: string };
	const { definition } = valuesOf((await claire.view(framework))!.fields) as { definition: Framework };
	return isOpenFigure(findIndicator(definition, indicator)!);
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
		expect(hers.answers).toBeUndefined();
		expect(hers.hours.series.map(({ place }) => place)).toEqual([lourdes]);
		expect(hers.hours.whole).toBeUndefined();
		expect(JSON.stringify(hers.sheets)).not.toContain(tarbes);
	});

	test('withhold what four people said, with who did not know, and show what five did', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, lourdes } = scene;
		await hear(scene, lourdes, 4);
		await hearDeclined(scene);
		expect((await read(scene, claire.device)).answers!.places[1]).toMatchObject({
			...{ people: 0, unknown: 0, declined: 0, left: 0, notAsked: 0 },
			withheld: true
		});
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
		expect((await read(scene, nadia.device)).answers).toBeUndefined();
	});

	test('hold nothing of what people chose for anybody but a director: not a base, not a refusal by antenna, not a figure', async () => {
		const scene = await openScene(await openApp(name));
		const { app, sandrine, nadia, lourdes } = scene;
		await hear(scene, lourdes, 9);
		await hearDeclined(scene);
		await sync(app, sandrine.device, [
			change('interview', {
				...{ campaign: scene.campaign, stakeholder: 'employee', antenna: lourdes },
				...{ on: '2014-11-12', state: 'refused' }
			})
		]);
		const both = await enrol(app, scene.claire.device, 'Julien', [
			{ role: 'counsellor', antennas: [scene.tarbes, lourdes] }
		]);
		for (const device of [sandrine.device, nadia.device, both]) {
			const { sheets } = await read(scene, device);
			expect(sheets.choices).toBe(false);
			expect(sheets.refusals).toBe(1);
			expect(sheets.coverage.every(({ refused }) => refused === 0)).toBe(true);
			for (const sheet of sheets.sheets) {
				expect([sheet.answers, sheet.excerpts]).toEqual([[], []]);
				for (const { indicator } of sheet.figures) expect(await isOpen(scene, indicator)).toBe(true);
			}
		}
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

	test('leave as a file for the director only: figures and what the team did, provisional', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, sandrine, tarbes, lourdes } = scene;
		const asked = `/api/sheets?campaign=${scene.campaign}&for=file`;
		expect((await call(scene.app, 'GET', asked, { as: sandrine.device })).status).toBe(403);
		await hear(scene, tarbes, 30);
		await hear(scene, lourdes, 20);
		await type(scene, tarbes, 118_450);
		const { text, name: called } = await file(scene, claire.device);
		const lines = text.trimEnd().split('\r\n').slice(1);
		expect(called).toBe('temoin-provisoire-atouts-gaves-2014-2014-11-12.csv');
		expect(lines.every((line) => line.endsWith(';provisoire'))).toBe(true);
		expect(lines.filter((line) => /;Tarbes;janvier 2014;1184,5;;heures;/.test(line))).toHaveLength(1);
		expect(lines).toContain(
			';;Entretiens menés;ce que l’équipe a fait;;Salarié-e-s en parcours;Structure;Toute la campagne;50;;entretiens;;;;provisoire'
		);
		expect(lines.filter((line) => /;parole retenue;.*;'=1\+1 oui;/.test(line))).toHaveLength(1);
		expect(lines.filter((line) => line.includes('Salarié-e-s') && /Tarbes|Lourdes/.test(line))).toEqual([]);
		expect(text).not.toContain('Tout à fait');
	});

	test('a file says what is in doubt, what is missing and what was aimed at, each in its column', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, tarbes, campaign } = scene;
		const record = readingId({ campaign, place: tarbes, period: '2014-01', indicator: HOURS });
		await sync(app, claire.device, [
			change('reading', { value: { amount: 118_450 }, toConfirm: true }, { record }),
			change('reading', { value: { amount: 118_460 } }, { record })
		]);
		await claire.edit('campaign', campaign, { [`goal:${HOURS}`]: 3_858_000 });
		await claire.sync();
		const { text } = await file(scene, claire.device);
		const of = (place: string, period: string) =>
			text
				.split('\r\n')
				.find((line) => line.includes('Heures de mise à disposition') && line.includes(`;${place};${period};`));
		expect(of('Tarbes', 'janvier 2014')).toMatch(/;1184,5;;heures;;;1 à deux valeurs;provisoire$/);
		expect(of('Structure', 'Toute la campagne')).toMatch(
			/;1184,5;;heures;38580;;"?1 à deux valeurs, \d+ chiffres manquent"?;provisoire$/
		);
		expect(of('Tarbes', 'janvier 2014')).toMatch(/;réalisation;/);
	});

	test('a file is read by a French spreadsheet, and by an English one when asked', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, tarbes } = scene;
		await type(scene, tarbes, 118_450);
		const { text } = await file(scene, claire.device);
		expect(text.startsWith('\ufeff')).toBe(true); // so that Excel reads the accents
		expect(text).toContain(
			'Registre;Critère;Indicateur ou mesure;Genre;Ce qui est compté;Partie prenante;Lieu;Période;Valeur;Sur (n);Unité;Objectif;Année précédente;En doute;Note\r\n'
		);
		expect(text).toMatch(/;Tarbes;janvier 2014;1184,5;/);
		const { text: english } = await file(scene, claire.device, 'en');
		expect(english).toMatch(/,Tarbes,[^,]+,1184.5,/);
	});

	test('a name that a spreadsheet would run is kept as text in the file', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, campaign, lourdes } = scene;
		const evil = '=HYPERLINK("http://x";"y")';
		await claire.edit('antenna', lourdes, { name: evil });
		await claire.edit('campaign', campaign, { title: '@SUM(A1)' });
		await claire.sync();
		await type(scene, lourdes, 1);
		const { text } = await file(scene, claire.device);
		expect(text).toContain(`"'=HYPERLINK(""http://x"";""y"")"`);
		expect(text).not.toMatch(/(^|;)"?[=@]/m);
		expect(app.origin).toBeTruthy();
	});

	test('a file bears the name that the application gives, whatever was typed', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, campaign } = scene;
		await claire.edit('campaign', campaign, { title: '../../x"; filename="y.exe' });
		await claire.sync();
		expect((await file(scene, claire.device)).name).toBe(
			'temoin-provisoire-atouts-gaves-x-filename-y-exe-2014-11-12.csv'
		);
		const invented = { structure: { name: 'Atouts & Gaves', fictitious: true } };
		const { name: said, text } = await file(scene, claire.device, 'fr', invented);
		expect(said).toMatch(/^temoin-fictive-provisoire-/);
		expect(
			text
				.trimEnd()
				.split('\r\n')
				.slice(1)
				.every((line) => line.endsWith(';"provisoire, structure fictive"'))
		).toBe(true);
	});

	test('a campaign that is named twice is the first one named', async () => {
		const { app, claire, campaign } = await openScene(await openApp(name));
		const named = async (...all: string[]) =>
			(await call(app, 'GET', `/api/sheets?${all.map((one) => `campaign=${one}`).join('&')}`, { as: claire.device }))
				.status;
		expect(await named(campaign, 'nope')).toBe(200);
		expect(await named('nope', campaign)).toBe(404);
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
