import { endpoints } from '$lib/server/endpoints';
import { openapi } from '$lib/server/handlers/openapi';
import { serve } from '$lib/server/serve';

export const GET = serve(openapi(() => endpoints));
