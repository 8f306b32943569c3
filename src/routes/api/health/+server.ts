import { health } from '$lib/server/handlers/health';
import { serve } from '$lib/server/serve';

export const GET = serve(health);
