import { MIN_PASSPHRASE } from '../../domain/session';

/** What would be tried first in a French work-integration structure, beside what is tried first everywhere. */
const LOCAL =
	`123456789012 1234567890123 12345678901234 123456789abc 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv abcdefghijkl
	abcdefghijklmnop adminadminadmin administrateur administrator associationassociation azertyuiop12 azertyuiop123
	azertyuiopqsdfghjklm azertyuiopqs bienvenue123 bienvenue1234 bonjourbonjour changemechangeme changezmoi123
	chocolat1234 doudoudoudou football1234 iloveyou1234 insertion2014 jetaimejetaime letmeinletmein loulouloulou
	motdepasse12 motdepasse123 motdepasse1234 motdepassemotdepasse nicolasnicolas passw0rd1234 password1234 password12345
	password123456 passwordpassword princesse123 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdf
	soleilsoleil sunshine1234 superman1234 temointemoin tarbestarbes lourdeslourdes utilitesociale welcome12345
	welcomewelcome zaq12wsxcde3`.split(/\s+/);

let all: Promise<ReadonlySet<string>> | undefined;

/** The commonest passphrases, those of the list of leaked passwords that are long enough included. Loaded when somebody
 * first chooses one. */
export const commonPassphrases = (): Promise<ReadonlySet<string>> =>
	(all ??= import('@zxcvbn-ts/language-common').then(
		({ dictionary }) =>
			new Set([...LOCAL, ...dictionary['passwords-common'].filter(({ length }) => length >= MIN_PASSPHRASE)])
	));
