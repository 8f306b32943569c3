const FIGURES = 60;
const CAMPAIGN = 'c0000000-0000-4000-8000-000000000060';
const FRAMEWORK = 'f0000000-0000-4000-8000-000000000060';
const fr = (words: string) => ({ fr: words });

const indicator = (number: number) => ({
	id: `figure-${number}`,
	label: fr(`Chiffre ${number}`),
	kind: 'output',
	nature: 'quantitative',
	unit: 'personnes',
	source: 'antenna-records',
	direction: 'neutral',
	frequency: 'monthly',
	aggregateOverTime: 'sum',
	aggregateOverAntennas: 'sum',
	sensitivity: 'none',
	headline: false
});

const definition = {
	id: 'large',
	version: '1',
	title: fr('Large'),
	description: fr('Large'),
	stakeholders: [],
	units: [{ id: 'personnes', label: fr('personnes'), decimals: 0 }],
	scales: [],
	genericFollowUps: [],
	openingScript: fr(''),
	consentItems: [],
	enums: {},
	registers: [
		{
			id: 'large',
			order: 1,
			look: 'canard',
			label: fr('Large'),
			section: fr('Large'),
			summary: fr('Large'),
			criteria: [
				{
					id: 'large',
					label: fr('Large'),
					definition: fr('Large'),
					optional: false,
					indicators: Array.from({ length: FIGURES }, (_, i) => indicator(i + 1)),
					questions: []
				}
			]
		}
	]
};

const created = (kind: string, record: string, fields: { [field: string]: unknown }) => ({
	id: record,
	kind,
	record,
	fields,
	seen: Object.fromEntries(Object.keys(fields).map((field) => [field, []])),
	at: '2026-01-05T09:00:00.000Z'
});

/** What a director's device sends to open a campaign of one past year, which asks for sixty figures a month. */
export const wideCampaign = (antennas: readonly string[]) => [
	created('framework', FRAMEWORK, { definition }),
	created('campaign', CAMPAIGN, {
		title: '2024',
		from: '2024-01',
		to: '2024-12',
		framework: FRAMEWORK,
		criteria: ['large'],
		antennas,
		state: 'open'
	})
];

/** As a spreadsheet copies it: sixty lines of twelve months. */
export const wideBlock = (more = 0): string =>
	Array.from({ length: FIGURES }, (_, line) =>
		Array.from({ length: 12 }, (_, month) => String(1000 + line * 12 + month + more)).join('\t')
	).join('\r\n') + '\r\n';
