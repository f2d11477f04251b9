import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { CASE_KINDS, MAX_TEXT_BYTES, type CaseKind } from '#libs/service-desk';

/** Where the cases of a community are. */
export const CASE_PATH = 'communities/:communityId/cases/:kind/:caseId';

/** What every activity on a case carries. */
export class CaseActivityRequest {
  @IsIn(CASE_KINDS)
  kind!: CaseKind;

  @IsString()
  caseId!: string;

  /** An instant with an offset; by default when the command came in. */
  @IsOptional()
  @IsString()
  at?: string;
}

/** An activity with words to it, which are sealed. */
export class WrittenActivityRequest extends CaseActivityRequest {
  @IsOptional()
  @IsString()
  @MaxLength(MAX_TEXT_BYTES)
  text?: string;
}
