/// <reference types="@sveltejs/kit" />
import { build, files, version } from '$service-worker';
import { cacheNames } from 'workbox-core';
import {
	cleanupOutdatedCaches,
	createHandlerBoundToURL,
	getCacheKeyForURL,
	precacheAndRoute
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;

const ENTRIES = [
	...build.map((url) => ({ url, revision: null })),
	...files.filter((url) => !url.startsWith('/readme/')).map((url) => ({ url, revision: version })),
	{ url: '/shell', revision: version }
];
precacheAndRoute(ENTRIES);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/shell'), { denylist: [/^\/api\//] }));

// A new version waits until the person accepts it: taking over under an open form would lose its chunks.
self.addEventListener('message', (event) => {
	if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting();
	if (event.data?.type === 'REFILL') event.waitUntil(refill());
});

/** Fetches again what the browser has thrown away: a worker fills its cache only when it is installed, and without this
 * the app would need a network until its next version. */
async function refill(): Promise<void> {
	const cache = await caches.open(cacheNames.precache);
	const there = new Set((await cache.keys()).map(({ url }) => url));
	for (const { url } of ENTRIES) {
		const key = getCacheKeyForURL(url)!;
		if (there.has(key)) continue;
		const response = await fetch(url, { cache: 'no-cache' });
		if (response.ok) await cache.put(key, response);
	}
}

// The first visit is enough to go offline.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
