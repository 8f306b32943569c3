import { mintId } from '../../../src/lib/domain/mint.ts';
import type { Change } from '../../../src/lib/domain/change';

/** Who pushes, and what their changes are about. */
export type Who = { person: string; device: string; campaign: string; antenna: string; key: string };

const WORDS =
	'la première fois que une cliente m’a laissé ses clés j’ai pleuré dans l’escalier parce on me faisait confiance et le bus pour vallée passe deux par jour alors je marche depuis reprise du travail ma fille voit autrement elle dit à l’école sa mère gagne vie avant rien ne tenait debout ni papiers logement maintenant chaque semaine il y a quelqu’un qui demande comment ça va les collègues attendent matin devant local café chaud encadrante explique sans crier j’apprends lire planning conduire utilitaire tailler haies ranger outils remplir feuille mes mains ont retrouvé leur place même si dos fait mal certains soirs voudrais seulement garder cela encore longtemps'.split(
		' '
	);

/** Words drawn one by one, the same for the same seed: gzip makes them about a quarter, somewhat less than real prose. */
export function text(length: number, seed: number): string {
	let state = seed + 1;
	let out = '';
	while (out.length < length) {
		state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
		out += `${WORDS[(state >>> 8) % WORDS.length]} `;
	}
	return out.slice(0, length);
}

/** A finished interview of about 1.2 kB, as a device sends it.
 * @param now when it was begun, in milliseconds since 1970 */
export function changeOf(
	{ campaign, antenna }: Pick<Who, 'campaign' | 'antenna'>,
	i: number,
	now = Date.now()
): Change {
	const id = mintId(crypto.getRandomValues(new Uint8Array(16)), now);
	return {
		id,
		kind: 'interview',
		record: id,
		fields: {
			campaign,
			stakeholder: 'employee',
			antenna,
			mode: 'face',
			on: '2014-11-12',
			criteria: ['reconnaissance-estime', 'acces-aux-droits'],
			state: 'finished',
			'consent:usage-evaluation': { answer: 'yes', use: 'evaluation', given: 'person' },
			'answer:q-estime-fierte-travail': { value: { type: 'scale', level: 1 + (i % 4) } },
			'answer:q-reconnaissance-estime-employee-1': { words: text(500, i) },
			'answer:q-reconnaissance-estime-employee-2': { words: text(120, i + 5) }
		},
		seen: {},
		at: new Date().toISOString()
	};
}

/** So many changes, a thousand at a time. */
export function* thousands(who: Who, count: number): Generator<Change[]> {
	for (let at = 0; at < count; at += 1000)
		yield Array.from({ length: Math.min(1000, count - at) }, (_, i) => changeOf(who, at + i));
}

/** What each of those compared can do in its page. Times are in milliseconds and begin when everything to be sent is on the
 * disk; each throws where not everything arrived. */
export type Subject = {
	/** Writes changes to be sent, with no network. */
	fill: (who: Who, count: number) => Promise<void>;
	/** Sends them all. `tidied` where something is left to do on the device once all is sent and known to be. */
	push: (who: Who, count: number) => Promise<{ spent: number; tidied?: number }>;
	/** Fetches everything into this profile, which has nothing. */
	pull: (who: Who, count: number) => Promise<{ spent: number }>;
	/** Writes one change more, then sends it. */
	one: (who: Who) => Promise<{ spent: number }>;
};
