import type { App as Server } from '$lib/server/app';

declare global {
	namespace App {
		interface Locals {
			app: Server;
		}
	}
}

export {};
