import { PRODUCTS, type Product } from '@ipscape/sso-core';
import { suggest } from './nearest.js';

/** Products separated by `;` or spaces, in any case and order; or what is wrong, to follow the field's name. */
export function parseProducts(text: string): readonly Product[] | string {
  const words = text.split(/[;\s]+/).filter((word) => word !== '');
  if (words.length === 0) return `is empty; it names at least one of ${PRODUCTS.join(', ')}`;
  const known: readonly string[] = PRODUCTS;
  const unknown = words.find((word) => !known.includes(word.toLowerCase()));
  if (unknown !== undefined) return `names "${unknown}", which is not a product.${suggest(unknown, PRODUCTS)}`;
  return PRODUCTS.filter((product) => words.some((word) => word.toLowerCase() === product));
}
