import ts from 'typescript';

/** The tests of a file by their titles, as they are written: `test('…')`, `test.each(…)('…')`, `test.skipIf(…)('…')`. One that
 * is skipped, or within what is skipped, is none; nor is one in a comment. */
export function titlesIn(text: string): string[] {
	const found: string[] = [];
	const walk = (node: ts.Node): void => {
		if (ts.isCallExpression(node)) {
			const words = wordsOf(node.expression);
			const [title] = node.arguments;
			const named = title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title));
			if (named && ['test', 'it', 'describe'].includes(words[0]!)) {
				if (words.some((word) => ['skip', 'todo', 'fixme', 'fails'].includes(word))) return;
				const isTest = words[0] !== 'describe' && !words.includes('describe');
				if (isTest) found.push(ts.isStringLiteralLike(title) ? title.text : title.getText().slice(1, -1));
			}
		}
		ts.forEachChild(node, walk);
	};
	walk(ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true));
	return found;
}

/** `test.describe.skip` in words, whatever is called on the way. */
function wordsOf(called: ts.Expression): string[] {
	if (ts.isIdentifier(called)) return [called.text];
	if (ts.isPropertyAccessExpression(called)) return [...wordsOf(called.expression), called.name.text];
	if (ts.isCallExpression(called)) return wordsOf(called.expression);
	if (ts.isTaggedTemplateExpression(called)) return wordsOf(called.tag);
	return [''];
}
