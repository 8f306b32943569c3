import type { App } from '$lib/server/app';
import { inUse } from '$lib/domain/record';
import { criteriaOf } from '$lib/domain/framework';
import { templateFramework } from '$lib/server/templates';
import { once } from './copies';
import type { TestApp } from './databases';
import { enrol, knowProtected, setUp, type Device } from './server';
import { Tablet } from './tablet';

/** Cap Bigorre with its campaign of 2014: Claire directs, Sandrine interviews in Lourdes, Nadia in Tarbes, Paul types the
 * figures of Lourdes. */
export type Scene = {
	app: App;
	claire: Tablet;
	sandrine: Tablet;
	nadia: Tablet;
	paul: Tablet;
	tarbes: string;
	lourdes: string;
	campaign: string;
};

export async function openScene(app: App): Promise<Scene> {
	const { claire, sandrine, nadia, paul, ...places } = await once(app as TestApp, 'scene', () => makeScene(app));
	knowProtected(app, claire);
	const tablet = async (device: Device) => {
		const one = await Tablet.of(app, device);
		await one.sync();
		return one;
	};
	return {
		app,
		claire: await tablet(claire),
		sandrine: await tablet(sandrine),
		nadia: await tablet(nadia),
		paul: await tablet(paul),
		...places
	};
}

async function makeScene(app: App) {
	const director = await setUp(app);
	const claire = await Tablet.of(app, director);
	await claire.sync();
	const antennas = await claire.list('antenna');
	const named = (name: string) => antennas.find(({ fields }) => inUse(fields, 'name') === name)!.id;
	const [tarbes, lourdes] = [named('Tarbes'), named('Lourdes')];
	const framework = (await claire.list('framework'))[0]!.id;
	const campaign = await claire.create('campaign', {
		title: '2014',
		from: '2014-01',
		to: '2014-12',
		framework,
		criteria: criteriaOf(await templateFramework()).map(({ id }) => id),
		antennas: [tarbes, lourdes],
		state: 'open'
	});
	await claire.sync();
	return {
		claire: director,
		sandrine: await enrol(app, director, 'Sandrine', [{ role: 'counsellor', antennas: [lourdes] }]),
		nadia: await enrol(app, director, 'Nadia', [{ role: 'counsellor', antennas: [tarbes] }]),
		paul: await enrol(app, director, 'Paul', [{ role: 'antenna-staff', antennas: [lourdes] }]),
		tarbes,
		lourdes,
		campaign
	};
}

/** A finished interview, as Sandrine's tablet would write it; `fields` says what matters to the test. */
export const interview = (scene: Scene, fields: { [field: string]: unknown } = {}) => ({
	campaign: scene.campaign,
	stakeholder: 'employee',
	antenna: scene.lourdes,
	mode: 'face',
	on: '2014-11-12',
	criteria: ['reconnaissance-estime'],
	state: 'finished',
	'consent:usage-evaluation': 'yes',
	'consent:citation-anonyme': 'yes',
	'consent:enregistrement-voix': 'yes',
	...fields
});
