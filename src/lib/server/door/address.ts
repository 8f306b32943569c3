/** Where people find this server: what the setting ORIGIN says, with its capitals, `:443` and last slash mended.
 * @throws where it is not one address without a path, naming what it got */
export function originOf({ ORIGIN, PORT }: NodeJS.ProcessEnv): string {
	if (ORIGIN === undefined) return `http://localhost:${PORT ?? '3000'}`;
	const said = ORIGIN.trim();
	const url = /^https?:\/\/[^\s,;]+$/i.test(said) && URL.canParse(said) ? new URL(said) : undefined;
	if (!url || url.href !== `${url.origin}/`)
		throw new Error(
			'Le réglage ORIGIN doit être une seule adresse, sans chemin, par exemple https://temoin.example.org. ' +
				`Reçu : « ${ORIGIN} ». Voir README.md, « Put it on a server ».`
		);
	return url.origin;
}

/** The host that a browser asks for, as `originOf` writes it. */
export const hostOf = (headers: Headers): string => (headers.get('host') ?? '').toLowerCase().replace(/:443$/, '');

/** The headers in which a web server in front says for whom it asks. */
const SAID_BY_PROXIES = ['x-forwarded-for', 'forwarded', 'x-real-ip'];

/** The address a request comes from: whoever guesses is slowed by it. The adapter reads it in the header that ADDRESS_HEADER
 * names, and throws where that is missing: whoever asks goes around the web server in front.
 * @returns nothing where it is not known */
export function addressOf(getClientAddress: () => string): string | undefined {
	try {
		return getClientAddress() || undefined;
	} catch {
		return undefined;
	}
}

/** Watches for a web server in front that nobody told us of: all its visitors would share one address, and wait for each
 * other's wrong tries.
 * @returns what to call with each request; it says so once */
export function watchForProxy(env: NodeJS.ProcessEnv, say: (words: string) => void): (headers: Headers) => void {
	let said = Boolean(env.ADDRESS_HEADER);
	return (headers) => {
		const header = said ? undefined : SAID_BY_PROXIES.find((name) => headers.has(name));
		if (!header) return;
		said = true;
		say(
			`ATTENTION : un serveur web est placé devant Témoin (en-tête ${header}), et le réglage ADDRESS_HEADER manque. ` +
				'Pour Témoin, tout le monde a la même adresse : les essais ratés d’une seule personne font attendre toutes les autres. ' +
				'Ajoutez par exemple ADDRESS_HEADER=X-Forwarded-For, et redémarrez. Voir README.md, « Put it on a server ».'
		);
	};
}
