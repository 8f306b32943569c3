/** A browser's translator puts `<font>` in the place of texts: what a page writes later goes into the text that has left,
 * and the screen would go on saying « Enregistré ». A text that changes comes back to its place, to be translated anew.
 * @returns how to stop */
export function followTranslator(): () => void {
	const instead = new WeakMap<Node, Element>();
	const watch = new MutationObserver((changes) => {
		for (const { type, target, removedNodes, addedNodes, previousSibling, nextSibling } of changes) {
			if (type === 'characterData') {
				instead.get(target)?.replaceWith(target);
				instead.delete(target);
			} else {
				const font = [...addedNodes, previousSibling, nextSibling].find(isFont);
				for (const text of font ? removedNodes : []) {
					if (text.nodeType !== Node.TEXT_NODE || text.isConnected) continue;
					instead.set(text, font as Element);
					watch.observe(text, { characterData: true });
				}
			}
		}
	});
	watch.observe(document.body, { childList: true, subtree: true });
	return () => watch.disconnect();
}

const isFont = (node: Node | null): boolean => node?.nodeName === 'FONT';
