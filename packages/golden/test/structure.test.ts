import { runStructure } from '@tikhonov/golden/structure';
import { describeMethods } from './describe-methods.ts';

describeMethods('structure.json', runStructure, 149);
