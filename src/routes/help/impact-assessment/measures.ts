import type { Proof } from '../asvs/chapters';

/** Every measure announced in the impact assessment, with the tests that prove it. */
export interface Theme {
	title: string;
	measures: { measure: string; tests: Proof }[];
}

export const MEASURES: Theme[] = [
	{
		title: 'Comptes',
		measures: [
			{
				measure: 'Invitation par un code à usage unique, mort en 72 heures, gardé en empreinte',
				tests: {
					'tests/server/accounts.test.ts': ['opens once', 'is over after three days', 'is kept nowhere as it is read'],
					'tests/journeys/people.spec.ts': [
						'a director protects her account before she adds a colleague, who comes in by the link'
					]
				}
			},
			{
				measure: 'Phrase secrète de 12 caractères au moins, hors des plus courantes, sans règle de composition',
				tests: {
					'tests/domain/session.test.ts': ['that is %s is weak', 'of twelve characters is enough, whatever they are'],
					'tests/server/accounts.test.ts': ['refuses a weak passphrase and keeps nothing']
				}
			},
			{
				measure: 'Empreinte Argon2id, deux calculs à la fois',
				tests: {
					'tests/server/accounts.test.ts': [
						'is kept by Argon2id, at the cost that is announced',
						'is looked at two at a time, however many sign in at once'
					]
				}
			},
			{
				measure: 'Second facteur exigé de la direction et du réseau, proposé à tous ; 8 codes de secours',
				tests: {
					'tests/server/second-factor.test.ts': [
						'alone on this very machine it is not, and on https it is, for everything but their own account',
						'who is not alone, and of the network, whatever the address',
						'of a counsellor is offered, and may be taken away again',
						'opens once each, of eight, and the account says how many are left'
					],
					'tests/journeys/people.spec.ts': [
						'a director signs in elsewhere with a second proof: digits, then a recovery code, each once'
					]
				}
			},
			{
				measure: 'Essais freinés par nom et par adresse ; même réponse pour un nom inconnu',
				tests: {
					'tests/server/accounts.test.ts': [
						'after five wrong tries one waits, and longer each time, even with the right words',
						'wrong tries on one name from one place slow another name there too',
						'a wrong passphrase, an unknown name and an unknown structure get one answer'
					]
				}
			},
			{
				measure: 'Sessions de 30 jours sans appel, listées par appareil, fermées une par une',
				tests: {
					'tests/server/accounts.test.ts': ['lasts thirty days after the last call'],
					'tests/server/devices.test.ts': [
						'are listed with their names, since when, and which one this is',
						'may be revoked by oneself, for oneself: a colleague who shares the tablet stays'
					]
				}
			},
			{
				measure: 'Session en deux moitiés : un témoin de connexion volé n’ouvre rien',
				tests: {
					'tests/server/accounts.test.ts': [
						'has two halves: a cookie copied from a stolen tablet opens nothing, nor does the key of a vault'
					]
				}
			},
			{
				measure: 'Demandes d’un autre site refusées',
				tests: {
					'tests/server/accounts.test.ts': ['is of no use to another site’s page (%j)'],
					'tests/journeys/hostile.spec.ts': ['every page and answer comes under the rules that keep strangers out']
				}
			}
		]
	},
	{
		title: 'Droits',
		measures: [
			{
				measure: 'Un seul tableau des droits, essayé sur chaque porte, chaque rôle, chaque fiche',
				tests: {
					'tests/domain/rights.test.ts': ['%s: %j'],
					'tests/server/matrix.test.ts': [
						'opens to those it is for and to nobody else, and a refusal changes nothing',
						'is taken from those who may write it, and from nobody else'
					]
				}
			},
			{
				measure: 'Structures séparées jusque dans la base',
				tests: {
					'tests/server/isolation.test.ts': [
						'shows one structure’s rows only, whatever a query forgot to say, in every table',
						'lets no raw statement touch another’s rows, in any table'
					]
				}
			},
			{
				measure: 'La direction lit l’entretien d’autrui en ligne, un par un, avec trace',
				tests: {
					'tests/server/matrix.test.ts': ['opens to those it is for and to nobody else, and a refusal changes nothing'],
					'tests/server/receipts.test.ts': ['finds it in a list without its words, and is noted for listing'],
					'tests/server/media.test.ts': ['is heard by who took it, by a director, which is noted, and by nobody else']
				}
			},
			{
				measure: 'Aucun entretien d’autrui sur un appareil, pas même celui de la direction',
				tests: {
					'tests/server/pull.test.ts': ['nobody else’s interview leaves the server, the director’s device included'],
					'tests/domain/rights.test.ts': ['nobody, the director included, receives somebody else’s raw interviews']
				}
			},
			{
				measure:
					'Une citation ne dépasse jamais l’accord de la personne, et ne sort qu’une fois retenue par la direction',
				tests: {
					'tests/domain/kinds.test.ts': [
						'never goes beyond what the person agreed to, nor beyond the excerpt’s own limit',
						'an excerpt: its interviewer and the office, approved or not'
					],
					'tests/domain/rights.test.ts': ['approving an excerpt: the director alone, in whatever way it is asked']
				}
			}
		]
	},
	{
		title: 'Coffre de l’appareil',
		measures: [
			{
				measure: 'Tout contenu chiffré (AES-256-GCM), lié à sa structure, son appareil et sa fiche',
				tests: {
					'tests/local/vault.test.ts': [
						'no word of a draft, a sent, received or refused change, or a setting',
						'what it seals is AES-256-GCM, which any other program checks with the key alone',
						'what it sealed opens for the same record, kind of row and device, and nowhere else'
					]
				}
			},
			{
				measure: 'Clé enveloppée par la phrase (600 000 tours au moins, relevés) et, au choix, par une clé d’accès',
				tests: {
					'tests/local/vault.test.ts': [
						'spends at least the floor of rounds, a salt of its own, and says how',
						'is calibrated: a fast device does more rounds, never endlessly more',
						'locks weaker than today’s come back stronger, and open as before',
						'opens by a passkey only once one was added, with the passphrase'
					]
				}
			},
			{
				measure: 'Démarrage par la phrase secrète ; code court seulement si la clé est encore en mémoire, cinq erreurs',
				tests: {
					'tests/local/vault.test.ts': [
						'opens by its passphrase, in whatever Unicode form it is typed, and by no other'
					],
					'tests/journeys/people.spec.ts': [
						'a PIN opens again in the middle of a word; five wrong ones, and the passphrase is asked'
					]
				}
			},
			{
				measure:
					'Verrou après deux minutes (dix devant une personne qui répond) et en arrière-plan, sauf le temps d’une photo ; contenu couvert aussitôt',
				tests: {
					'tests/journeys/people.spec.ts': [
						'two minutes without a touch lock the tablet, and a touch begins them again'
					],
					'tests/journeys/lock.spec.ts': [
						'in front of a person the lock waits ten minutes, says that it comes, and takes nothing; the short code opens again'
					],
					'tests/journeys/vault.spec.ts': [
						'a tablet’s disk shows nothing that was said, open, locked, signed out or killed'
					],
					'tests/journeys/media.spec.ts': [
						'a voice and a photo survive a kill without a network, follow their text, and a director has them'
					]
				}
			},
			{
				measure: 'Plusieurs personnes par tablette, chacune son coffre, sans réseau',
				tests: {
					'tests/local/vault.test.ts': ['belongs to one person on one device of one structure'],
					'tests/journeys/people.spec.ts': [
						'two people share a tablet without a network: each their phrase, their interviews and their name'
					]
				}
			},
			{
				measure: 'Sur le disque d’une tablette verrouillée, aucun mot ni aucune voix retrouvés',
				tests: {
					'tests/journeys/vault.spec.ts': [
						'a tablet’s disk shows nothing that was said, open, locked, signed out or killed'
					],
					'tests/journeys/media.spec.ts': [
						'a voice and a photo survive a kill without a network, follow their text, and a director has them'
					]
				}
			}
		]
	},
	{
		title: 'Tablette perdue',
		measures: [
			{
				measure: 'Appareil révoqué : il ne reçoit plus rien, rend ce qu’il n’avait pas envoyé, s’efface et le dit',
				tests: {
					'tests/server/devices.test.ts': [
						'are revoked for everybody by a director, who sees it done',
						'of a revoked device is taken before it is emptied'
					],
					'tests/journeys/lost-tablet.spec.ts': [
						'a lost tablet sends what it had not sent, locked as it is, then deletes itself'
					]
				}
			},
			{
				measure: 'Envoi d’un coffre resté fermé : phrase oubliée, absence, départ',
				tests: {
					'tests/server/devices.test.ts': [
						'is taken as its owner’s, whoever brings it',
						'of somebody who left is kept in quarantine, whole'
					],
					'tests/journeys/lost-tablet.spec.ts': [
						'without a network nothing is deleted, and a forgotten passphrase loses no unsent work',
						'what somebody absent had not sent leaves without being opened'
					]
				}
			},
			{
				measure: 'Paroles envoyées retirées de l’appareil après 7 jours, une fois sauvegardées',
				tests: {
					'tests/server/backup.test.ts': ['says to devices what it surely holds, and no more'],
					'tests/local/vault.test.ts': [
						'leave the device after seven days, and a stub stays in the list and in the digest',
						'stay %s'
					]
				}
			}
		]
	},
	{
		title: 'Personne entendue',
		measures: [
			{
				measure: 'Code de reçu fait sur la tablette, connu du serveur par sa seule empreinte',
				tests: { 'tests/server/receipts.test.ts': ['finds one’s own testimony, however it is typed'] }
			},
			{
				measure: 'Retrouver, lire, corriger, retirer un accord, effacer avec ce code',
				tests: {
					'tests/server/receipts.test.ts': [
						'finds one’s own testimony, however it is typed',
						'shows what was said, what was agreed to, the quotes and where they are used: neither label nor the team’s note',
						'corrects their words: the old ones leave the record, its history and the quotes made of them',
						'withdraws an agreement: the quote leaves everybody’s page, and they are told where it was',
						'erases it all, and the code opens nothing any more'
					]
				}
			},
			{
				measure: 'Retirer un accord retire la citation partout et dit où elle a servi',
				tests: {
					'tests/server/receipts.test.ts': [
						'withdraws an agreement: the quote leaves everybody’s page, and they are told where it was'
					],
					'tests/server/pull.test.ts': ['a withdrawn consent brings the quote back from everybody']
				}
			},
			{
				measure:
					'Effacement complet, sur le serveur et chaque appareil, sans retour par un envoi tardif ni une sauvegarde',
				tests: {
					'tests/server/erasure.test.ts': [
						'leaves no trace of what was said in any table, and none in the file',
						'reaches every device that ever had it: its interviewer’s, the office’s, and those a quote had left; its id reaches all',
						'does not come back from a stale device, whatever it sends',
						'brings nobody back: the ledger is replayed before anything is answered, and what devices offer again is refused'
					]
				}
			},
			{
				measure: 'Aucun nom demandé ; l’étiquette reste à qui a pris l’entretien',
				tests: {
					'tests/server/matrix.test.ts': ['is what their role, place and structure allow'],
					'tests/server/receipts.test.ts': [
						'shows what was said, what was agreed to, the quotes and where they are used: neither label nor the team’s note'
					]
				}
			},
			{
				measure: 'Voix enregistrée seulement après un oui ; effacée dès que l’accord ou l’enregistrement est retiré',
				tests: {
					'tests/journeys/media.spec.ts': [
						'without a microphone, without room or without agreement, words are still taken'
					],
					'tests/server/recordings.test.ts': [
						'is erased at headquarters once it is taken back, and is not taken again',
						'is erased when the person no longer agrees to be recorded: the voice, not the picture'
					],
					'tests/sync/recordings.test.ts': ['leaves once it was taken back elsewhere']
				}
			},
			{
				measure: 'Photo redessinée avant d’être gardée : ni lieu, ni date, ni appareil dans le fichier',
				tests: {
					'tests/journeys/media.spec.ts': [
						'a voice and a photo survive a kill without a network, follow their text, and a director has them'
					]
				}
			},
			{
				measure: 'Un refus ne garde que la partie prenante, l’antenne et la date',
				tests: { 'tests/domain/contributions.test.ts': ['a refusal leaves only who was asked and where'] }
			}
		]
	},
	{
		title: 'Durées',
		measures: [
			{
				measure:
					'24 mois après le dernier contact, les paroles, la voix, les photos, l’étiquette, le jour et le nom de qui a entendu s’en vont',
				tests: {
					'tests/server/retention.test.ts': [
						'is over when two years have gone by since the last contact, to the moment',
						'loses words, label, day, interviewer, receipt and history, in every table'
					],
					'tests/server/media.test.ts': ['leaves with the words when their time is over']
				}
			},
			{
				measure: 'Aperçu avant d’appliquer',
				tests: { 'tests/server/retention.test.ts': ['is announced as it will be done, to a director, who is noted'] }
			},
			{
				measure: 'Journal gardé 12 mois',
				tests: { 'tests/server/journal.test.ts': ['goes on, whole, when what is older than a year is dropped'] }
			}
		]
	},
	{
		title: 'Journal',
		measures: [
			{
				measure: 'Écriture seule, chaque ligne liée à la précédente ; toute altération se voit',
				tests: {
					'tests/server/journal.test.ts': [
						'shows that a line was altered, whichever and in whatever column',
						'shows that a line was taken out, in the middle',
						'shows that a line was put in, at the end, in the middle or in another’s place'
					]
				}
			},
			{
				measure: 'Aucun contenu personnel',
				tests: {
					'tests/server/journal.test.ts': [
						'notes every act there is, over a long day, and not a word of what anybody said'
					]
				}
			}
		]
	},
	{
		title: 'Pages et serveur',
		measures: [
			{
				measure: 'Textes saisis jamais exécutés : politique de contenu par empreintes, Trusted Types',
				tests: {
					'tests/journeys/hostile.spec.ts': [
						'five hundred attacks stored wherever words go are words on every screen, on paper and in files',
						'every page and answer comes under the rules that keep strangers out'
					]
				}
			},
			{
				measure: 'Micro réservé aux pages de l’application ; caméra, position et autres capteurs fermés',
				tests: {
					'tests/journeys/hostile.spec.ts': ['every page and answer comes under the rules that keep strangers out']
				}
			},
			{
				measure: 'Voix et photos reçues jugées à leurs premiers octets, rendues sans jamais pouvoir s’exécuter',
				tests: {
					'tests/server/recordings.test.ts': [
						'that is not what its first bytes say is refused, whatever its type is said to be'
					],
					'tests/server/media.test.ts': ['a picture that is also a page is never shown as one']
				}
			},
			{
				measure: 'Aucun encadrement, aucun tiers, adresse de la page tue',
				tests: {
					'tests/journeys/hostile.spec.ts': ['every page and answer comes under the rules that keep strangers out']
				}
			},
			{
				measure: 'Formules de tableur neutralisées dans les exports',
				tests: {
					'tests/server/sheets.test.ts': [
						'a name that a spreadsheet would run is kept as text in the file',
						'%j is written %j'
					]
				}
			},
			{
				measure: 'Saisies impossibles gardées à part sans rien bloquer ; tailles et temps bornés',
				tests: {
					'tests/server/push.test.ts': [
						'what cannot be read is kept in quarantine as it came, and holds nothing back',
						'more than five megabytes are sent back, plain, compressed or as a bomb'
					],
					'tests/server/rate.test.ts': ['that never ends is not waited for longer than half a minute'],
					'tests/server/fuzz.test.ts': [
						'is answered, quickly, by what was asked or by a problem, and leaves everything in order'
					]
				}
			},
			{
				measure: 'Aucune porte du serveur non déclarée',
				tests: {
					'tests/server/endpoints.test.ts': [
						'are one route file, which serves the table and nothing else',
						'are those that the handlers declare: one left out of the table, or in it twice, fails here'
					]
				}
			}
		]
	},
	{
		title: 'Ne rien perdre',
		measures: [
			{
				measure: 'Ce qui est dit enregistré survit à l’arrêt de la tablette',
				tests: {
					'tests/journeys/tablet.spec.ts': [
						'a counsellor interviews without a network, the tablet is killed twice, and the director finds the words on the sheet'
					]
				}
			},
			{
				measure: 'Une réponse perdue, un envoi doublé ou coupé ne perd et ne double rien',
				tests: {
					'tests/sync/exchange.test.ts': [
						'a lost reply makes the batch come twice and count once',
						'a line cut in the middle of a backlog loses nothing, sends at most one batch again and counts each change once'
					],
					'tests/server/push.test.ts': ['a change that comes again counts once and gets its first answer']
				}
			},
			{
				measure: 'Sauvegarde chaque nuit, vérifiée, remise en place sans perte',
				tests: {
					'tests/server/backup.test.ts': [
						'made while people write is one consistent piece, and comes back whole elsewhere',
						'comes back with every row as it was, under a new epoch',
						'that is damaged is refused, and nothing has been changed'
					]
				}
			},
			{
				measure: 'Deux saisies différentes : les deux sont gardées',
				tests: {
					'tests/domain/merge.test.ts': ['replaces what it saw, and nothing it did not see'],
					'tests/journeys/two-values.spec.ts': [
						'two people fill one cell at the same time: both values are kept and shown, and the director settles'
					]
				}
			}
		]
	},
	{
		title: 'Petits nombres',
		measures: [
			{
				measure:
					'Ce que les personnes ont choisi : à la direction seule, rien sous 5 réponses, aucune case qui le révélerait',
				tests: {
					'tests/domain/withholding.test.ts': [
						'an attacker who subtracts finds nobody, or at least k people and at least two antennas'
					],
					'tests/server/sheets.test.ts': [
						'hold nothing of what people chose for anybody but a director: not a base, not a refusal by antenna, not a figure',
						'withhold what four people said, with who did not know, and show what five did',
						'leave as a file for the director only: figures and what the team did, provisional'
					]
				}
			},
			{
				measure: 'Deux antennes : on voit la sienne, sans le total qui donnerait l’autre',
				tests: {
					'tests/domain/sheet.test.ts': [
						'with two antennas, one sees one’s own and no total: it would give the other away'
					]
				}
			}
		]
	}
];
