import { sheets } from '$lib/server/handlers/sheets';
import { serve } from '$lib/server/serve';

export const GET = serve(sheets);
