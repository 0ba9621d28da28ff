import { runObjective } from '@tikhonov/golden/objective';
import { describeMethods } from './describe-methods.ts';

describeMethods('objective.json', runObjective, 234);
