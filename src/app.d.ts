import type { App as Server } from '$lib/server/app';

declare global {
	namespace App {
		interface Locals {
			app: Server;
		}
		interface PageState {
			/** The step of an interview: -1 the agreement, then the questions, then the review. */
			step?: number;
			/** The step from which this one was gone to. */
			from?: number;
		}
	}
}

export {};
