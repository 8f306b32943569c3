/** Every measure announced in the impact assessment, with the tests that prove it. */
export interface Theme {
	title: string;
	measures: { measure: string; tests: string[] }[];
}

export const MEASURES: Theme[] = [
	{
		title: 'Comptes',
		measures: [
			{
				measure: 'Invitation par un code à usage unique, mort en 72 heures, gardé en empreinte',
				tests: ['tests/server/accounts.test.ts', 'tests/journeys/people.spec.ts']
			},
			{
				measure: 'Phrase secrète de 12 caractères au moins, hors des plus courantes, sans règle de composition',
				tests: ['tests/domain/session.test.ts', 'tests/server/accounts.test.ts']
			},
			{ measure: 'Empreinte Argon2id, deux calculs à la fois', tests: ['tests/server/accounts.test.ts'] },
			{
				measure: 'Second facteur exigé de la direction et du réseau, proposé à tous ; 8 codes de secours',
				tests: ['tests/server/second-factor.test.ts', 'tests/journeys/people.spec.ts']
			},
			{
				measure: 'Essais freinés par nom et par adresse ; même réponse pour un nom inconnu',
				tests: ['tests/server/accounts.test.ts']
			},
			{
				measure: 'Sessions de 30 jours sans appel, listées par appareil, fermées une par une',
				tests: ['tests/server/accounts.test.ts', 'tests/server/devices.test.ts']
			},
			{
				measure: 'Session en deux moitiés : un témoin de connexion volé n’ouvre rien',
				tests: ['tests/server/devices.test.ts', 'tests/journeys/lost-tablet.spec.ts']
			},
			{
				measure: 'Demandes d’un autre site refusées',
				tests: ['tests/server/accounts.test.ts', 'tests/journeys/hostile.spec.ts']
			}
		]
	},
	{
		title: 'Droits',
		measures: [
			{
				measure: 'Un seul tableau des droits, essayé sur chaque porte, chaque rôle, chaque fiche',
				tests: ['tests/domain/rights.test.ts', 'tests/server/matrix.test.ts']
			},
			{ measure: 'Structures séparées jusque dans la base', tests: ['tests/server/isolation.test.ts'] },
			{
				measure: 'La direction lit l’entretien d’autrui en ligne, un par un, avec trace',
				tests: ['tests/server/matrix.test.ts', 'tests/server/journal.test.ts']
			},
			{
				measure: 'Aucun entretien d’autrui sur un appareil, pas même celui de la direction',
				tests: ['tests/server/pull.test.ts']
			},
			{
				measure: 'Une citation ne dépasse jamais l’accord de la personne ; seconde lecture avant de la montrer',
				tests: ['tests/domain/kinds.test.ts', 'tests/domain/rights.test.ts']
			}
		]
	},
	{
		title: 'Coffre de l’appareil',
		measures: [
			{
				measure: 'Tout contenu chiffré (AES-256-GCM), lié à sa structure, son appareil et sa fiche',
				tests: ['tests/local/vault.test.ts']
			},
			{
				measure: 'Clé enveloppée par la phrase (600 000 tours au moins, relevés) et, au choix, par une clé d’accès',
				tests: ['tests/local/vault.test.ts']
			},
			{
				measure: 'Démarrage par la phrase secrète ; code court seulement si la clé est encore en mémoire, cinq erreurs',
				tests: ['tests/local/vault.test.ts', 'tests/journeys/vault.spec.ts']
			},
			{
				measure: 'Verrou après deux minutes et en arrière-plan, sauf le temps d’une photo ; contenu couvert aussitôt',
				tests: ['tests/journeys/vault.spec.ts', 'tests/journeys/media.spec.ts']
			},
			{
				measure: 'Plusieurs personnes par tablette, chacune son coffre, sans réseau',
				tests: ['tests/local/vault.test.ts', 'tests/journeys/vault.spec.ts']
			},
			{
				measure: 'Sur le disque d’une tablette verrouillée, aucun mot ni aucune voix retrouvés',
				tests: ['tests/journeys/lost-tablet.spec.ts', 'tests/journeys/vault.spec.ts', 'tests/journeys/media.spec.ts']
			}
		]
	},
	{
		title: 'Tablette perdue',
		measures: [
			{
				measure: 'Appareil révoqué : il ne reçoit plus rien, rend ce qu’il n’avait pas envoyé, s’efface et le dit',
				tests: ['tests/server/devices.test.ts', 'tests/journeys/lost-tablet.spec.ts']
			},
			{
				measure: 'Envoi d’un coffre resté fermé : phrase oubliée, absence, départ',
				tests: ['tests/server/devices.test.ts', 'tests/journeys/vault.spec.ts']
			},
			{
				measure: 'Paroles envoyées retirées de l’appareil après 7 jours, une fois sauvegardées',
				tests: ['tests/server/backup.test.ts', 'tests/local/vault.test.ts']
			}
		]
	},
	{
		title: 'Personne entendue',
		measures: [
			{
				measure: 'Code de reçu fait sur la tablette, connu du serveur par sa seule empreinte',
				tests: ['tests/server/receipts.test.ts']
			},
			{
				measure: 'Retrouver, lire, corriger, retirer un accord, effacer avec ce code',
				tests: ['tests/server/receipts.test.ts']
			},
			{
				measure: 'Retirer un accord retire la citation partout et dit où elle a servi',
				tests: ['tests/server/receipts.test.ts', 'tests/server/pull.test.ts']
			},
			{
				measure:
					'Effacement complet, sur le serveur et chaque appareil, sans retour par un envoi tardif ni une sauvegarde',
				tests: ['tests/server/erasure.test.ts']
			},
			{
				measure: 'Aucun nom demandé ; l’étiquette reste à qui a pris l’entretien',
				tests: ['tests/server/matrix.test.ts']
			},
			{
				measure: 'Voix enregistrée seulement après un oui ; effacée dès que l’accord ou l’enregistrement est retiré',
				tests: ['tests/journeys/media.spec.ts', 'tests/server/recordings.test.ts', 'tests/sync/recordings.test.ts']
			},
			{
				measure: 'Photo redessinée avant d’être gardée : ni lieu, ni date, ni appareil dans le fichier',
				tests: ['tests/journeys/media.spec.ts']
			},
			{
				measure: 'Un refus ne garde que la partie prenante, l’antenne et la date',
				tests: ['tests/domain/contributions.test.ts']
			}
		]
	},
	{
		title: 'Durées',
		measures: [
			{
				measure:
					'24 mois après le dernier contact, les paroles, la voix, les photos, l’étiquette, le jour et le nom de qui a entendu s’en vont',
				tests: ['tests/server/retention.test.ts']
			},
			{ measure: 'Aperçu avant d’appliquer', tests: ['tests/server/retention.test.ts'] },
			{ measure: 'Journal gardé 12 mois', tests: ['tests/server/journal.test.ts'] }
		]
	},
	{
		title: 'Journal',
		measures: [
			{
				measure: 'Écriture seule, chaque ligne liée à la précédente ; toute altération se voit',
				tests: ['tests/server/journal.test.ts']
			},
			{ measure: 'Aucun contenu personnel', tests: ['tests/server/journal.test.ts'] }
		]
	},
	{
		title: 'Pages et serveur',
		measures: [
			{
				measure: 'Textes saisis jamais exécutés : politique de contenu par empreintes, Trusted Types',
				tests: ['tests/journeys/hostile.spec.ts']
			},
			{
				measure: 'Micro réservé aux pages de l’application ; caméra, position et autres capteurs fermés',
				tests: ['tests/journeys/hostile.spec.ts']
			},
			{
				measure: 'Voix et photos reçues jugées à leurs premiers octets, rendues sans jamais pouvoir s’exécuter',
				tests: ['tests/server/recordings.test.ts']
			},
			{ measure: 'Aucun encadrement, aucun tiers, adresse de la page tue', tests: ['tests/journeys/hostile.spec.ts'] },
			{ measure: 'Formules de tableur neutralisées dans les exports', tests: ['tests/server/sheets.test.ts'] },
			{
				measure: 'Saisies impossibles gardées à part sans rien bloquer ; tailles et temps bornés',
				tests: ['tests/server/push.test.ts', 'tests/server/fuzz.test.ts']
			},
			{ measure: 'Aucune porte du serveur non déclarée', tests: ['tests/server/endpoints.test.ts'] }
		]
	},
	{
		title: 'Ne rien perdre',
		measures: [
			{
				measure: 'Ce qui est dit enregistré survit à l’arrêt de la tablette',
				tests: ['tests/journeys/tablet.spec.ts']
			},
			{
				measure: 'Une réponse perdue, un envoi doublé ou coupé ne perd et ne double rien',
				tests: ['tests/sync/exchange.test.ts', 'tests/server/push.test.ts']
			},
			{
				measure: 'Sauvegarde chaque nuit, vérifiée, remise en place sans perte',
				tests: ['tests/server/backup.test.ts']
			},
			{
				measure: 'Deux saisies différentes : les deux sont gardées',
				tests: ['tests/domain/merge.test.ts', 'tests/journeys/two-values.spec.ts']
			}
		]
	},
	{
		title: 'Petits nombres',
		measures: [
			{
				measure: 'Répartition masquée sous 5 réponses, 11 au dehors, et toute case qui la révélerait',
				tests: ['tests/domain/release.test.ts', 'tests/server/sheets.test.ts']
			},
			{
				measure: 'Deux antennes : on voit la sienne, sans le total qui donnerait l’autre',
				tests: ['tests/domain/sheet.test.ts']
			}
		]
	}
];
