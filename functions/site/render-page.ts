import { html } from '../html.ts';

/** A page of the operator's site as HTML; every value is escaped. */
export function renderPage(page: {
  readonly title: string;
  readonly body: string;
  readonly baseDomain: string;
}): string {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <title>${page.title}</title>
      <h1>${page.title}</h1>
      <p>${page.body}</p>
      <p>Each tenant answers at <code>&lt;slug&gt;.${page.baseDomain}</code>.</p>
    </html> `.text;
}
