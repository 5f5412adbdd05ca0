import { PostgresQueryCompiler } from 'kysely';
import { castOf } from './convert-value.ts';

/** Compiles to the named placeholders of the Data API, `:p1`, each with the cast its value needs. */
export class DataApiQueryCompiler extends PostgresQueryCompiler {
  protected override appendValue(value: unknown): void {
    const cast = castOf(value);
    if (cast !== undefined) this.append('cast(');
    super.appendValue(value);
    if (cast !== undefined) this.append(` as ${cast})`);
  }

  protected override getCurrentParameterPlaceholder(): string {
    return `:p${this.numParameters}`;
  }
}
