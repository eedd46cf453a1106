"""Findings that one word names: symptoms, signs and usual entries of a history."""

import re
from functools import lru_cache

from clinical_r1.judging.rules.vocabulary import key

_WORDS = (
    # general
    "fever chills fatigue weakness malaise sweating sweats shivering rigors thirst hunger insomnia drowsiness lethargy "
    "restlessness irritability anxiety sadness apathy confusion delirium forgetfulness hallucinations delusions "
    "agitation dizziness vertigo fainting syncope seizure seizures convulsions coma anorexia cachexia obesity pallor "
    # breathing and heart
    "cough wheezing wheeze stridor dyspnea breathlessness tachypnea orthopnea hemoptysis sneezing snoring hoarseness "
    "choking gagging yawning hiccups palpitations tachycardia bradycardia hypotension hypertension murmur edema "
    "cyanosis clubbing crackles rales rhonchi "
    # belly
    "nausea vomiting diarrhea constipation bloating belching flatulence heartburn dysphagia odynophagia hematemesis "
    "melena hematochezia jaundice icterus ascites hepatomegaly splenomegaly guarding cramps drooling "
    # skin
    "rash itching pruritus blisters bruising redness dryness peeling scaling crusts fissures sores ulcers ulcer boils "
    "warts freckles acne baldness alopecia hives welts urticaria petechiae purpura ecchymoses erythema vesicles "
    "papules pustules macules nodules lumps cysts scabs dandruff flushing swelling paleness coldness induration "
    # nerves, eyes, ears
    "headache photophobia phonophobia diplopia ptosis nystagmus numbness tingling paresthesia tremor twitching spasms "
    "stiffness rigidity ataxia clumsiness stumbling limping aphasia dysarthria stuttering slurring mumbling lisping "
    "blindness deafness tinnitus earache toothache backache otorrhea squinting tearing burning stinging throbbing "
    "hyperreflexia hyporeflexia clonus hemiparesis paralysis "
    # bleeding, urine, joints, glands
    "bleeding nosebleeds epistaxis dysuria hematuria oliguria anuria polyuria polydipsia nocturia incontinence "
    "arthralgia myalgia lymphadenopathy goiter gynecomastia amenorrhea menorrhagia galactorrhea hirsutism "
    # history
    "smoker smoking smokes alcoholism diabetes asthma"
)
FINDINGS = frozenset(key(word) for word in _WORDS.split())
"""Common forms of the words of this list."""
_SUFFIX = re.compile(r"(?:algia|phobia|plegia|paresis|pnea|ptysis|megaly|rrhea|phagia|phasia|dynia|rrhage|ptosis)\Z")

# A finding of the left may be how the response names what the right says in other words.
_SAME = (
    "fever febrile pyrexia temperature",
    "tachycardia bradycardia palpitation pulse heart rate hr bpm",
    "hypotension hypertension blood pressure bp hypertensive",
    "tachypnea respiratory respiration breath breathing dyspnea breathlessness orthopnea",
    "vomiting vomit emesis hematemesis nausea",
    "itching itch pruritus pruritic itchy",
    "edema swelling swollen edematous anasarca",
    "jaundice icterus icteric yellow yellowish yellowing scleral",
    "fainting faint syncope syncopal consciousness collapse collapsed",
    "diplopia double vision",
    "rash exanthem lesion erythema erythematous macule papule vesicle pustule plaque maculopapular petechiae purpura "
    "ecchymoses redness red urticaria hives welt skin nodule ulcer sore blister bulla crust",
    "weakness weak paresis hemiparesis paralysis strength plegia",
    "lymphadenopathy node lymph lump mass",
    "hepatomegaly liver",
    "splenomegaly spleen",
    "diarrhea stool loose hematochezia melena bowel",
    "constipation stool bowel",
    "epistaxis nosebleed nose nasal bleeding hemorrhage",
    "bleeding blood bloody hemorrhage bruising bruise ecchymosis hematoma",
    "hematuria urine blood cola red",
    "dysuria urination urinating burning urinary",
    "polyuria urination urine urinating nocturia",
    "polydipsia thirst thirsty drink drinking",
    "photophobia light",
    "phonophobia sound noise",
    "confusion confused disoriented orientation oriented delirium agitation agitated alert mental memory forgetful",
    "seizure convulsion jerk jerking shaking seizing tonic clonic",
    "numbness numb sensation sensory paresthesia tingling tingle pinprick",
    "tremor shaking tremulous shake",
    "ataxia gait clumsiness coordination unsteady stumbling stumble limping limp walk",
    "stiffness stiff rigidity rigid",
    "fatigue tired tiredness lethargy lethargic exhausted weakness malaise energy drowsy drowsiness sleepy somnolent",
    "insomnia sleep asleep",
    "anxiety anxious worried nervous fear panic",
    "sadness sad depressed mood depression hopeless",
    "hallucination voice hearing hear seeing",
    "delusion believe belief convinced paranoid",
    "dysphagia swallow swallowing odynophagia",
    "wheezing wheeze stridor breath",
    "cough sputum coughing hemoptysis",
    "crackles rales rhonchi lung auscultation",
    "sweating sweat diaphoresis diaphoretic night",
    "obesity obese bmi weight",
    "cachexia weight thin emaciated",
    "anorexia appetite eat",
    "pallor pale paleness conjunctival pallid",
    "cyanosis blue bluish cyanotic",
    "smoker smoking smoke cigarette tobacco pack",
    "alcoholism alcohol alcoholic drink drinks beer",
    "diabetes diabetic glucose insulin metformin",
    "arthralgia joint pain knee",
    "myalgia muscle pain ache",
    "headache head migraine cephalgia",
    "ptosis eyelid droop drooping lid",
    "nystagmus eye",
    "ascites fluid shifting distension distended abdomen abdominal",
    "bloating distension distended",
    "amenorrhea menses period menstrual menstruation",
    "menorrhagia menses period menstrual menstruation",
    "incontinence urine bladder bowel",
    "oliguria anuria urine",
    "murmur systolic diastolic heart",
    "alopecia baldness hair",
    "hirsutism hair",
    "galactorrhea nipple milk breast",
    "gynecomastia breast",
    "goiter thyroid neck",
    "blindness vision visual",
    "deafness hearing",
    "aphasia speech speak words",
    "dysarthria speech slurring slurred",
    "cramps cramp cramping",
)


@lru_cache(maxsize=1 << 14)
def is_finding(word_key: str) -> bool:
    """Whether a common form names a finding by itself."""
    return word_key in FINDINGS or (len(word_key) > 6 and _SUFFIX.search(word_key) is not None)


def _groups() -> dict[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for line in _SAME:
        keys = frozenset(key(word) for word in line.split())
        for one in keys:
            groups[one] = groups.get(one, frozenset()) | keys
    return groups


_GROUPS = _groups()


def other_words_for(word_key: str) -> frozenset[str]:
    """Common forms by which a text may speak of the same finding, itself among them."""
    return _GROUPS.get(word_key, frozenset()) | {word_key}
