/// <reference types="@sveltejs/kit" />
import { build, files, version } from '$service-worker';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;

precacheAndRoute([
	...build.map((url) => ({ url, revision: null })),
	...files.filter((url) => !url.startsWith('/readme/')).map((url) => ({ url, revision: version })),
	{ url: '/shell', revision: version }
]);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/shell'), { denylist: [/^\/api\//] }));

// A new version waits until the person accepts it: taking over under an open form would lose its chunks.
self.addEventListener('message', (event) => {
	if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting();
});
// The first visit is enough to go offline.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
