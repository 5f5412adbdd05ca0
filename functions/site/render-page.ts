/** A page of the operator's site as HTML; every value is escaped. */
export function renderPage(page: {
  readonly title: string;
  readonly body: string;
  readonly baseDomain: string;
}): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(page.title)}</title>
<h1>${escapeHtml(page.title)}</h1>
<p>${escapeHtml(page.body)}</p>
<p>Each tenant answers at <code>&lt;slug&gt;.${escapeHtml(page.baseDomain)}</code>.</p>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
