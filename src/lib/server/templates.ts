import { Framework } from '../domain/framework-shapes';

/** The template framework that ships with the product: read when asked for, not held by a server at rest. */
export async function templateFramework(): Promise<Framework> {
	const { default: template } = await import('./template.json');
	return Framework.parse(template);
}
