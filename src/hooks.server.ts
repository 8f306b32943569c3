import { building, version } from '$app/environment';
import { join } from 'node:path';
import { addressOf, hostOf, watchForProxy } from '$lib/server/door/address';
import { tendNightly } from '$lib/server/keeping/nightly';
import { goOnJudging } from '$lib/server/office/quarantine';
import { dataFolder, greeting, startApp } from '$lib/server/start';
import type { App } from '$lib/server/app';
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';

// One database handle for the process: the development server reloads this module, and two would undo each other's work.
const kept = globalThis as { temoin?: App };

export const init: ServerInit = async () => {
	if (building || kept.temoin) return;
	process.umask(0o077); // what the server writes is read by nobody else on the machine
	kept.temoin = await startApp(process.env, version);
	goOnJudging(kept.temoin);
	tendNightly(kept.temoin, process.env.DATABASE_URL ? undefined : join(dataFolder(process.env), 'backups'));
	const words = await greeting(kept.temoin, process.env);
	setTimeout(() => console.log(words), 0); // where to go stands last, below what the adapter says of its port
};

/** What no page of ours uses, so that nothing that got into one can. A photo comes from the device's own camera. */
const NOT_USED = [
	'accelerometer',
	'camera',
	'display-capture',
	'geolocation',
	'gyroscope',
	'magnetometer',
	'midi',
	'payment',
	'serial',
	'usb'
];
const PERMISSIONS = [...NOT_USED.map((feature) => `${feature}=()`), 'microphone=(self)'].join(', ');

const lookForProxy = watchForProxy(process.env, console.error);

const inWords = (words: string, status: number): Response =>
	new Response(words, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

export const handle: Handle = async ({ event, resolve }) => {
	if (building) return await resolve(event);
	const app = kept.temoin!;
	event.locals.app = app;
	// Without https a browser gives neither a worker nor encryption: say so rather than half work.
	const host = hostOf(event.request.headers);
	if (!LOCAL.test(host) && !(app.origin.startsWith('https://') && app.origin.slice(8) === host)) {
		return inWords(NOT_SECURE, 421);
	}
	lookForProxy(event.request.headers);
	if (addressOf(event.getClientAddress) === undefined) return inWords(NO_ADDRESS, 400);
	const response = await resolve(event);
	if (response.headers.get('content-type') === 'text/html')
		response.headers.set('content-type', 'text/html; charset=utf-8');
	response.headers.set('x-content-type-options', 'nosniff');
	response.headers.set('referrer-policy', 'no-referrer');
	response.headers.set('cross-origin-opener-policy', 'same-origin');
	response.headers.set('cross-origin-resource-policy', 'same-origin');
	response.headers.set('permissions-policy', PERMISSIONS);
	if (app.origin.startsWith('https://'))
		response.headers.set('strict-transport-security', 'max-age=63072000; includeSubDomains');
	return response;
};

const NOT_SECURE = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Témoin</title>
<h1>Cette adresse n’est pas protégée</h1>
<p>Témoin a besoin d’une adresse en https, celle que le serveur connaît (réglage ORIGIN), ou de http://localhost.</p>
<p lang="en">Témoin needs an https address, the one the server knows (setting ORIGIN), or http://localhost.</p></html>`;

const NO_ADDRESS = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Témoin</title>
<h1>D’où vient cette demande ?</h1>
<p>Elle n’est pas passée par le serveur web placé devant Témoin : il y manque l’en-tête que nomme le réglage ADDRESS_HEADER. Prenez l’adresse habituelle. Si c’est elle, ce serveur web doit envoyer cet en-tête.</p>
<p lang="en">This request did not come through the web server in front of Témoin: the header that the setting ADDRESS_HEADER names is missing. Use the usual address. If this is it, that web server must send the header.</p></html>`;

/** Only what a developer must look at is logged; a page that does not exist is not. */
export const handleError: HandleServerError = ({ error, status, message }) => {
	if (status >= 500) console.error(error);
	return { message };
};
