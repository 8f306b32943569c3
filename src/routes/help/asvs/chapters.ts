export type How = 'test' | 'na' | 'deviation';

/** What proves it: the files of tests, and in each the titles of the tests, as they are written there. */
export type Proof = { [file: string]: string[] };

/** One requirement of the standard: its tests, or the reason why it has none. */
export type Requirement = { id: string; level: number; text: string } & (
	{ how: 'test'; tests: Proof } | { how: Exclude<How, 'test'>; note: string }
);

/** The chapters of OWASP ASVS 5.0.0 that apply, and how many requirements of levels 1 and 2 each has. */
export const CHAPTERS = [
	{ id: 'V1', title: 'Encodage et nettoyage', count: 27 },
	{ id: 'V2', title: 'Vérification et règles du métier', count: 11 },
	{ id: 'V3', title: 'Pages dans le navigateur', count: 19 },
	{ id: 'V4', title: 'API et service web', count: 10 },
	{ id: 'V5', title: 'Fichiers', count: 9 },
	{ id: 'V6', title: 'Authentification', count: 35 },
	{ id: 'V7', title: 'Sessions', count: 18 },
	{ id: 'V8', title: 'Droits', count: 7 },
	{ id: 'V11', title: 'Chiffrement', count: 14 },
	{ id: 'V12', title: 'Transport', count: 9 },
	{ id: 'V13', title: 'Configuration', count: 13 },
	{ id: 'V14', title: 'Protection des données', count: 9 },
	{ id: 'V15', title: 'Écriture du code', count: 13 },
	{ id: 'V16', title: 'Journaux et erreurs', count: 16 }
];

export const inChapter = (requirement: Requirement, chapter: { id: string }): boolean =>
	requirement.id.startsWith(`${chapter.id}.`);
