import { openProfile, OURS, serverScript, SETUP_CODE, startServer, type Profile, type Server } from './ground.ts';
import type { bench as Ours } from './pages/ours.ts';
import type { Subject, Who } from './pages/sample.ts';

/** What is compared: each on its own server, in its own fresh profile. */
export const NAMES = ['ours', 'pouch', 'rx', 'limit'] as const;
export type Name = (typeof NAMES)[number];

export type Standing = {
	who: Who;
	profile: Profile<Subject>;
	/** The same person in another profile, which has nothing. */
	another: () => Promise<{ who: Who; profile: Profile<Subject> }>;
	server: Server;
	stop: () => Promise<void>;
};

const NOBODY: Who = { person: '', device: '', key: '', campaign: crypto.randomUUID(), antenna: crypto.randomUUID() };

export async function stand(name: Name, flags: string[] = []): Promise<Standing> {
	const server = await startServer(name === 'ours' ? OURS : serverScript(name), undefined, flags);
	const profile = await openProfile<typeof Ours>(name, server.origin);
	const who = name === 'ours' ? await profile.run('found', SETUP_CODE) : { ...NOBODY, structure: '' };
	const opened: Profile<Subject>[] = [profile];
	return {
		who,
		profile,
		another: async () => {
			const profile = await openProfile<typeof Ours>(name, server.origin);
			opened.push(profile);
			return { profile, who: name === 'ours' ? await profile.run('signIn', who) : who };
		},
		server,
		stop: async () => {
			for (const { close } of opened) await close();
			await server.stop();
		}
	};
}
