import { enrol } from '$lib/server/handlers/session';
import { serve } from '$lib/server/serve';

export const POST = serve(enrol);
