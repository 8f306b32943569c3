import { sync } from '$lib/server/handlers/sync';
import { serve } from '$lib/server/serve';

export const POST = serve(sync);
