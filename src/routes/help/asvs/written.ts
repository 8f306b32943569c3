/** What the standard asks to be written down, and the requirements that each part answers. */
export interface Written {
	id: string;
	answers: string[];
	title: string;
	lines: { what: string; how: string }[];
}

export const WRITTEN: Written[] = [
	{
		id: 'limits',
		answers: ['V2.1.2', 'V2.1.3', 'V5.1.1', 'V15.1.3'],
		title: 'Saisies et limites',
		lines: [
			{
				what: 'Un chiffre',
				how: 'Sa clé dit la campagne, le lieu, la période et l’indicateur : une case ne peut en être une autre. Un chiffre qui double ou tombe de moitié d’une année à l’autre demande confirmation.'
			},
			{
				what: 'Un entretien',
				how: 'Pris par une seule personne, dans une antenne où elle travaille. Sans accord, rien n’est demandé. Un extrait ne va jamais au-delà de ce que la personne a accepté.'
			},
			{
				what: 'Deux valeurs différentes',
				how: 'Les deux sont gardées et montrées, jusqu’à ce que quelqu’un choisisse. Un accord contesté vaut refus.'
			},
			{
				what: 'Tailles',
				how: '64 ko par demande ; 1 000 saisies et 5 Mo par envoi, décompressés. Au-delà, la tablette coupe en deux. Une saisie : 1 000 000 caractères, 140 000 par champ, et 140 000 en tout pour les champs qu’aucune version ne connaît.'
			},
			{
				what: 'Ce qui ne peut pas être accepté',
				how: 'Gardé à part jusqu’à la décision de la direction : 500 saisies ou 10 Mo par appareil, 1 000 ou 20 Mo par personne. C’est dit à partir de 80 %. Au-delà, la saisie reste sur son appareil et repart d’elle-même quand il y a de la place. Relu par parts de 200 saisies ou de 1 Mo.'
			},
			{
				what: 'Voix et photos',
				how: 'Voix en WebM, Ogg, MP4 ou WAV, 15 minutes au plus ; photos en JPEG ou PNG, 2 000 points au plus. 25 Mo chacune, par morceaux de 1 Mo, sous l’empreinte de leur contenu ; 60 ou 200 Mo par fiche, 1 Go par personne en un jour. Jugées à leurs premiers octets, jamais à leur nom ; rendues en pièce jointe, sans pouvoir s’exécuter.'
			},
			{
				what: 'Cadence',
				how: '600 demandes d’affilée, puis 20 par seconde : par appareil pour qui est entré, par adresse pour les autres.'
			},
			{ what: 'Temps', how: '30 secondes par demande. Un envoi interrompu reprend sans rien compter deux fois.' },
			{
				what: 'Fonctions coûteuses',
				how: 'Vérifier une phrase secrète : deux à la fois. Un envoi : une seule écriture. Les bilans : calculés une fois, puis relus. La sauvegarde : la nuit.'
			},
			{
				what: 'Petits nombres',
				how: 'Tant que la campagne est ouverte, seule la direction voit ce que les personnes ont choisi, et rien sous 5 réponses. Aucun fichier, aucune page imprimée n’en contient.'
			}
		]
	},
	{
		id: 'entry',
		answers: ['V6.1.1', 'V6.1.2', 'V6.1.3', 'V7.1.1', 'V7.1.2'],
		title: 'Entrer et rester',
		lines: [
			{
				what: 'Façons d’entrer',
				how: 'Nom et phrase secrète, puis seconde preuve quand elle existe ; code d’invitation (50 bits, une fois, 72 heures) ; code de la première installation, dit par le serveur ; structure fictive, ouverte à tous et sans donnée réelle. Il n’y en a pas d’autre.'
			},
			{
				what: 'Second facteur',
				how: 'Code à six chiffres ou clé d’accès (passkey) ; 8 codes de secours. Exigé de la direction et du réseau, proposé à tous.'
			},
			{
				what: 'Frein',
				how: 'Par nom et par adresse : 5 essais libres, puis une attente qui double de 1 seconde à 1 heure. Un jour après, c’est oublié. Personne n’est bloqué pour toujours. Un nom inconnu reçoit la même réponse, dans le même temps.'
			},
			{
				what: 'Phrase secrète',
				how: '12 caractères au moins, 5 différents, hors d’une liste locale de phrases courantes, qui contient les mots du métier : témoin, insertion, association, utilité sociale, antennes. Ni composition imposée, ni date de fin.'
			},
			{
				what: 'Durée d’une session',
				how: '30 jours après le dernier appel. La norme NIST voudrait moins et une durée maximale : une tablette de terrain passe des semaines sans réseau, et ce qui protège alors est le coffre, qui redemande la phrase à chaque démarrage.'
			},
			{
				what: 'Verrou',
				how: 'Deux minutes sans geste (dix devant une personne qui répond), annoncé vingt secondes avant, ou dès que l’application passe derrière une autre, sauf derrière l’appareil photo qu’elle a demandé (deux minutes au plus, page couverte). Une voix qui s’enregistre compte comme un geste. Le code court (4 à 8 chiffres) ne rouvre qu’une session encore en mémoire ; cinq erreurs l’effacent.'
			},
			{
				what: 'Plusieurs sessions',
				how: 'Autant que d’appareils, sans maximum : chacune est listée par le nom de l’appareil et peut être fermée.'
			}
		]
	},
	{
		id: 'rights',
		answers: ['V8.1.1', 'V8.1.2'],
		title: 'Droits',
		lines: [
			{
				what: 'Conseillère ou conseiller',
				how: 'Écrit et lit ses propres entretiens et extraits ; lit les paroles retenues, les chiffres de ses antennes et ce que l’équipe y a fait.'
			},
			{ what: 'Équipe d’antenne', how: 'La même chose, et écrit les chiffres de ses antennes.' },
			{
				what: 'Direction',
				how: 'Tous les chiffres, bilans et extraits ; les campagnes, les personnes, les appareils, le journal ; les effacements. Lit l’entretien d’une autre personne en ligne, un par un, et chaque lecture est notée.'
			},
			{ what: 'Réseau', how: 'Rien : le partage entre structures n’existe pas encore.' },
			{
				what: 'Champs réservés',
				how: 'Approuver un extrait : la direction. Les personnes et leurs droits : leur propre porte. L’étiquette d’un entretien : qui l’a pris, personne d’autre.'
			},
			{
				what: 'Ce qui n’est dans aucune ligne',
				how: 'N’est permis à personne. Les droits sont dits avec chaque sorte de donnée, dans src/lib/domain/kinds, et chaque porte du serveur est essayée avec chaque rôle.'
			}
		]
	},
	{
		id: 'keys',
		answers: ['V11.1.2'],
		title: 'Clés et algorithmes',
		lines: [
			{
				what: 'Clé du coffre',
				how: 'AES-256-GCM, tirée au hasard sur l’appareil, une par personne ; nonce de 96 bits neuf à chaque écriture. Chiffre tout le contenu gardé sur l’appareil, rien d’autre. Meurt avec le coffre.'
			},
			{
				what: 'Enveloppe par la phrase',
				how: 'PBKDF2-SHA-256, 600 000 tours au moins, relevés à l’ouverture. N’enveloppe que la clé du coffre.'
			},
			{ what: 'Enveloppe par clé d’accès', how: 'Sortie PRF d’une passkey, facultative, jamais la seule.' },
			{
				what: 'Clé de la structure',
				how: 'ECDH P-256. La moitié publique enveloppe la clé du coffre à l’enrôlement ; la moitié secrète, sur le serveur, est scellée par son secret et n’ouvre que les envois d’un coffre enrôlé.'
			},
			{
				what: 'Secret du serveur',
				how: 'Un fichier hors de la base. Scelle la moitié secrète et les secrets des codes à six chiffres ; signe la chaîne du journal (HMAC-SHA-256).'
			},
			{
				what: 'Session',
				how: 'Jeton de 256 bits, gardé en empreinte SHA-256 ; la seconde moitié n’est que dans le coffre de l’appareil.'
			},
			{
				what: 'Phrase secrète',
				how: 'Argon2id, 19 Mio, deux passes, sel de 128 bits ; réglages gardés avec l’empreinte.'
			},
			{
				what: 'Codes',
				how: 'Invitation, reçu, secours : 50 bits, gardés en empreinte. Six chiffres : TOTP, HMAC-SHA-1, 30 secondes.'
			},
			{ what: 'Transport', how: 'Certificat et clé TLS : ceux du serveur web de l’hébergeur.' },
			{
				what: 'Fin d’une clé',
				how: 'Révoquer un appareil ferme ses sessions ; il efface son coffre au contact suivant. Rien ne prévoit encore de renouveler le secret du serveur ni la clé de la structure.'
			}
		]
	},
	{
		id: 'levels',
		answers: ['V14.1.1', 'V14.1.2', 'V14.2.4'],
		title: 'Niveaux de protection',
		lines: [
			{
				what: '1. Paroles',
				how: 'Réponses ouvertes, voix, photos, notes, étiquette, extraits non approuvés. Chiffrées sur l’appareil ; lues par qui les a prises, et par la direction avec trace ; jamais au journal ; effacées 24 mois après le dernier contact, 7 jours après l’envoi sur l’appareil.'
			},
			{
				what: '2. Secrets',
				how: 'Phrases, jetons, codes, clés. Jamais en clair, jamais au journal, jamais dans une adresse.'
			},
			{
				what: '3. Fiches codées',
				how: 'Réponses fermées, accords, chiffres. Chiffrées sur l’appareil ; montrées en bilans, petits nombres masqués ; gardées pour comparer les années.'
			},
			{
				what: '4. Équipe',
				how: 'Noms, rôles, appareils, dernière venue. Lus par les collègues pour les noms, par la direction pour le reste.'
			},
			{ what: '5. Ouvert', how: 'Le référentiel modèle, la structure fictive, ces papiers.' },
			{
				what: 'Sur le serveur',
				how: 'La base est lisible de qui tient la machine, sauf le niveau 2 : le chiffrement du disque revient à l’hébergeur.'
			},
			{ what: 'Preuve', how: 'Chaque mesure a son essai : voir l’analyse d’impact.' }
		]
	},
	{
		id: 'journal',
		answers: ['V16.1.1'],
		title: 'Journaux',
		lines: [
			{
				what: 'Journal de la structure',
				how: 'Dans la base. Connexions réussies et refusées, seconds facteurs, personnes et droits, appareils, coffres ouverts, lectures de l’entretien d’autrui, exports, reçus employés, corrections, retraits, effacements, durées appliquées. Chaque ligne : numéro, heure universelle, acte, personne, appareil, objet, nombre. Aucun contenu. Lu par la direction, qui voit s’il est intact. 12 mois.'
			},
			{
				what: 'Registre des effacements',
				how: 'Un fichier hors de la base (erased.ledger) : identifiants tirés au hasard seulement. Rejoué à chaque démarrage. Gardé tant que vivent les sauvegardes.'
			},
			{
				what: 'Violations de la politique de contenu',
				how: 'Reçues par /api/csp-report, écrites sur la sortie du serveur.'
			},
			{ what: 'Sortie du serveur', how: 'Erreurs inattendues, pour l’hébergeur, qui fixe sa durée.' },
			{
				what: 'Serveur web placé devant',
				how: 'Ses journaux d’accès sont à l’hébergeur : adresses visitées, sans contenu.'
			}
		]
	},
	{
		id: 'links',
		answers: ['V13.1.1'],
		title: 'Liaisons',
		lines: [
			{ what: 'Navigateur et serveur', how: 'https, une seule adresse.' },
			{
				what: 'Serveur et base',
				how: 'Un fichier SQLite sur la même machine, ou PostgreSQL si l’installation le choisit.'
			},
			{
				what: 'Au dehors',
				how: 'Aucune : ni courriel, ni mesure d’audience, ni service extérieur. Personne ne peut donner d’adresse à appeler.'
			}
		]
	},
	{
		id: 'libraries',
		answers: ['V15.1.1'],
		title: 'Bibliothèques',
		lines: [
			{ what: 'Faille exploitée ou critique', how: 'Nouvelle version de Témoin en 7 jours.' },
			{ what: 'Faille élevée', how: '30 jours.' },
			{ what: 'Autres, et mises à jour courantes', how: 'À la version suivante, tous les trois mois au plus.' },
			{ what: 'Versions', how: 'Fixées à l’unité près, avec leur empreinte, dans package-lock.json.' }
		]
	}
];
