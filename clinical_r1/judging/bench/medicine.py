"""A small table of uncontroversial textbook medicine, from which the bench makes its cases and its planted truth.

It has not been reviewed by a clinician. It was written from general textbook knowledge, and only what every textbook
agrees on went in: it serves to test judges, and is of no use for anything else.

Four groups of four diagnoses compete with each other. The first three findings of a diagnosis set it apart from the
other three of its group; the later ones may be shared.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A finding as a noun phrase, with other words for it."""

    text: str
    others: tuple[str, ...]
    """The same in other words, with as few of the same words as can be."""


@dataclass(frozen=True)
class Lab:
    """A laboratory value that the diagnosis makes abnormal."""

    name: str
    unit: str
    low: float
    high: float
    decimals: int
    abnormal: str
    """What such a value is called: raised, reduced, suppressed."""


@dataclass(frozen=True)
class Condition:
    """A diagnosis."""

    name: str
    ages: tuple[int, int]
    febrile: bool
    lab: Lab | None
    findings: tuple[Finding, ...]
    """The first three are hallmarks within the group."""
    true: tuple[str, ...]
    false: tuple[str, ...]

    @property
    def hallmarks(self) -> tuple[Finding, ...]:
        """Findings that its competitors do not have."""
        return self.findings[:3]


def _finding(line: str) -> Finding:
    text, *others = (part.strip() for part in line.split("="))
    return Finding(text, tuple(others))


def _condition(
    name: str, ages: tuple[int, int], lab: Lab | None, findings: str, true: str, false: str, febrile: bool = False
) -> Condition:
    found = tuple(_finding(line) for line in findings.strip().splitlines())
    return Condition(name, ages, febrile, lab, found, _lines(true), _lines(false))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


_BREATHLESS = (
    _condition(
        "community-acquired pneumonia", (34, 71), Lab("leukocyte count", "/mm3", 14200, 19400, -2, "raised"),
        """a cough productive of rust-colored sputum = the brownish phlegm that is brought up
        crackles over the right lower lobe = crepitations at the base of one lung
        lobar consolidation on chest x-ray = a solid-looking lobe on the film of the thorax
        fever with shaking chills = rigors and a raised temperature
        pleuritic chest pain = pain in the thorax on breathing in""",
        """Streptococcus pneumoniae is a common cause of community-acquired pneumonia
        community-acquired pneumonia is treated with antibiotics
        pneumococcal vaccination lowers the risk of pneumococcal pneumonia""",
        """community-acquired pneumonia is treated with anticoagulants alone
        community-acquired pneumonia is an inherited disorder of collagen
        Streptococcus pneumoniae is a virus""", febrile=True,
    ),
    _condition(
        "pulmonary embolism", (29, 68), Lab("plasma D-dimer", "ng/mL", 1820, 4260, -1, "raised"),
        """swelling and tenderness of the left calf = a thick, sore lower leg on one side
        a filling defect in a pulmonary artery on CT angiography = contrast cut off in a lung vessel on the scan
        a 10-hour flight last week = recent long-haul travel by air
        sudden onset of dyspnea = breathlessness that began from one minute to the next
        pleuritic chest pain = pain in the thorax on breathing in""",
        """pulmonary embolism is treated with anticoagulants
        most pulmonary emboli arise from deep veins of the legs
        immobilization is a risk factor for pulmonary embolism""",
        """pulmonary embolism is treated with antibiotics alone
        most pulmonary emboli arise from the coronary arteries
        prolonged immobilization protects against pulmonary embolism""",
    ),
    _condition(
        "acute decompensated heart failure", (58, 82),
        Lab("B-type natriuretic peptide", "pg/mL", 920, 2650, -1, "raised"),
        """orthopnea = the need for three pillows to sleep
        bilateral pitting edema of the legs = lower limbs so swollen that a thumb leaves a dent
        a third heart sound = an S3 gallop
        jugular venous distention = neck veins that stand out
        paroxysmal nocturnal dyspnea = waking at night gasping for air""",
        """loop diuretics relieve congestion in acute decompensated heart failure
        a myocardial infarction can lead to heart failure
        heart failure raises the filling pressures of the heart""",
        """loop diuretics increase the volume overload in heart failure
        heart failure lowers the concentration of B-type natriuretic peptide
        acute decompensated heart failure is a contagious disease""",
    ),
    _condition(
        "asthma exacerbation", (19, 44), Lab("peak expiratory flow", "L/min", 150, 240, -1, "reduced"),
        """diffuse expiratory wheezing = a whistling noise over both lungs on breathing out
        relief after inhaled albuterol = easier breathing once a bronchodilator was given
        childhood eczema = itchy skin patches at a young age
        chest tightness = the sense of a band around the thorax
        a dry nighttime cough = coughing without phlegm that disturbs sleep""",
        """inhaled beta-2 agonists relax the smooth muscle of the airways
        systemic corticosteroids are given in moderate and severe asthma exacerbations
        the airway obstruction of asthma is largely reversible""",
        """inhaled beta-2 agonists constrict the airways
        asthma is caused by a deficiency of vitamin B12
        nonselective beta-blockers are the first-line treatment of asthma""",
    ),
)  # fmt: skip

_HEADACHE = (
    _condition(
        "bacterial meningitis", (19, 62),
        Lab("cerebrospinal fluid leukocyte count", "/mm3", 1150, 4300, -1, "raised"),
        """a petechial rash on the legs = pinpoint red spots on the lower limbs
        cloudy cerebrospinal fluid = turbid liquor on the spinal tap
        a high fever since yesterday = a body temperature that has been far too hot for a day
        nuchal rigidity = a stiff neck
        photophobia = an aversion to light""",
        """bacterial meningitis requires prompt intravenous antibiotics
        Neisseria meningitidis is a gram-negative diplococcus
        dexamethasone is given early in pneumococcal meningitis""",
        """bacterial meningitis is treated with antifungal drugs alone
        Neisseria meningitidis is a parasitic worm
        bacterial meningitis resolves without treatment in nearly all adults""", febrile=True,
    ),
    _condition(
        "migraine", (18, 46), None,
        """a visual aura of zigzag lines = shimmering jagged shapes before the eyes
        a unilateral throbbing headache = one-sided pounding in the head
        similar attacks since adolescence = earlier episodes of this kind from the teens on
        photophobia = an aversion to light
        nausea = feeling sick to the stomach""",
        """triptans are used to treat acute attacks of migraine
        migraine is more common in women than in men
        propranolol is used to prevent migraine""",
        """triptans are antibiotics
        migraine occurs in men only
        propranolol causes migraine in most people who take it""",
    ),
    _condition(
        "subarachnoid hemorrhage", (38, 67), None,
        """a thunderclap headache = pain in the head that peaked within seconds
        blood in the basal cisterns on CT = bright material around the base of the brain on the scan
        xanthochromia of the cerebrospinal fluid = a yellow discoloration of the spinal liquor
        nuchal rigidity = a stiff neck
        vomiting = throwing up""",
        """rupture of a saccular aneurysm is the most common cause of nontraumatic subarachnoid hemorrhage
        smoking is a risk factor for the rupture of cerebral aneurysms
        nimodipine is given after aneurysmal subarachnoid hemorrhage""",
        """subarachnoid hemorrhage is an infection of the middle ear
        smoking protects against the rupture of cerebral aneurysms
        full-dose anticoagulation is the treatment of choice for subarachnoid hemorrhage""",
    ),
    _condition(
        "giant cell arteritis", (64, 84), Lab("erythrocyte sedimentation rate", "mm/h", 72, 118, 0, "raised"),
        """jaw claudication = pain of the masticatory muscles on chewing
        tenderness over the right temporal artery = soreness to touch at one side of the forehead
        scalp soreness on combing = discomfort of the head when the hair is brushed
        transient loss of vision in the left eye = a curtain that came down over one eye for minutes
        weight loss = unintended shedding of several kilograms""",
        """giant cell arteritis is treated with glucocorticoids
        untreated giant cell arteritis can lead to blindness
        giant cell arteritis is associated with polymyalgia rheumatica""",
        """giant cell arteritis is a disease of infants
        giant cell arteritis is treated with antibiotics alone
        giant cell arteritis affects only the veins of the legs""",
    ),
)  # fmt: skip

_ABDOMEN = (
    _condition(
        "acute appendicitis", (12, 34), Lab("leukocyte count", "/mm3", 12300, 17200, -2, "raised"),
        """pain that moved from the umbilicus to the right lower quadrant = discomfort that wandered from mid-belly
        tenderness at McBurney point = soreness between navel and iliac spine
        a positive psoas sign = pain on stretching the hip backward
        loss of appetite = no wish to eat
        nausea = feeling sick to the stomach""",
        """acute appendicitis is commonly treated by appendectomy
        obstruction of the lumen is a usual cause of acute appendicitis
        perforation is a complication of acute appendicitis""",
        """acute appendicitis is an inflammation of the gallbladder
        acute appendicitis is caused by a lack of iodine
        appendectomy is the removal of the spleen""", febrile=True,
    ),
    _condition(
        "acute pancreatitis", (36, 64), Lab("serum lipase", "U/L", 720, 1940, -1, "raised"),
        """epigastric pain radiating to the back = boring discomfort from the upper belly through to the spine
        relief on leaning forward = feeling better when bent over
        ecchymosis of the left flank = a bruise over the side of the trunk
        vomiting = throwing up
        hypoactive bowel sounds = a nearly silent belly on auscultation""",
        """gallstones and alcohol are the most common causes of acute pancreatitis
        severe hypertriglyceridemia can cause acute pancreatitis
        early fluid resuscitation is part of the treatment of acute pancreatitis""",
        """acute pancreatitis lowers serum lipase below the normal range
        alcohol protects against acute pancreatitis
        acute pancreatitis is a disorder of the thyroid gland""",
    ),
    _condition(
        "acute cholecystitis", (34, 66), Lab("serum alkaline phosphatase", "U/L", 142, 198, 0, "raised"),
        """a positive Murphy sign = a breath cut short when the upper belly is pressed
        gallstones with a thickened gallbladder wall on ultrasound = calculi and an inflamed biliary sac on the sonogram
        pain radiating to the right shoulder = an ache that spreads to the scapula
        right upper quadrant tenderness = soreness under the rib cage on one side
        nausea = feeling sick to the stomach""",
        """most cases of acute cholecystitis are caused by a gallstone in the cystic duct
        acute cholecystitis is treated by cholecystectomy
        ultrasound is the usual first imaging test for acute cholecystitis""",
        """acute cholecystitis is caused by a stone in the ureter
        acute cholecystitis is an inflammation of the appendix
        cholecystectomy makes acute cholecystitis recur""", febrile=True,
    ),
    _condition(
        "small bowel obstruction", (45, 78), Lab("serum lactate", "mmol/L", 2.4, 3.8, 1, "raised"),
        """colicky abdominal pain with distention = cramps and a swollen belly
        dilated loops of bowel on x-ray = widened gut on the plain film
        a laparotomy five years ago = an earlier open operation on the belly
        vomiting = throwing up
        high-pitched bowel sounds = tinkling noises on auscultation""",
        """adhesions after surgery are the most common cause of small bowel obstruction
        nasogastric decompression is used in small bowel obstruction
        strangulation is a complication of small bowel obstruction""",
        """small bowel obstruction is caused by an excess of vitamin C
        adhesions prevent small bowel obstruction
        small bowel obstruction is best treated with a high-fiber diet""",
    ),
)  # fmt: skip

_HORMONES = (
    _condition(
        "Graves disease", (24, 48), Lab("thyroid-stimulating hormone", "mU/L", 0.01, 0.08, 2, "suppressed"),
        """a diffuse goiter = an evenly enlarged gland at the front of the neck
        exophthalmos = protruding eyes
        heat intolerance = being unable to bear warm rooms
        palpitations = an awareness of a racing heart
        weight loss = unintended shedding of several kilograms""",
        """Graves disease is caused by antibodies that stimulate the thyrotropin receptor
        methimazole inhibits the synthesis of thyroid hormone
        smoking worsens Graves ophthalmopathy""",
        """Graves disease is caused by a lack of iron
        Graves disease is caused by a tumor of the adrenal medulla
        methimazole increases the synthesis of thyroid hormone""",
    ),
    _condition(
        "primary adrenal insufficiency", (27, 56), Lab("serum potassium", "mEq/L", 5.6, 6.4, 1, "raised"),
        """hyperpigmentation of the palmar creases = darkened lines of the hands
        salt craving = a strong wish for crisps and pickles
        a low morning cortisol = too little of the stress hormone in the morning
        fatigue = tiredness all day
        weight loss = unintended shedding of several kilograms""",
        """autoimmune destruction is a common cause of primary adrenal insufficiency
        primary adrenal insufficiency is treated with hydrocortisone and fludrocortisone
        corticotropin is elevated in primary adrenal insufficiency""",
        """primary adrenal insufficiency is an excess of cortisol
        primary adrenal insufficiency is treated with insulin alone
        aldosterone is increased in primary adrenal insufficiency""",
    ),
    _condition(
        "diabetic ketoacidosis", (17, 39), Lab("serum glucose", "mg/dL", 424, 688, 0, "raised"),
        """fruity breath odor = an exhaled smell of acetone
        deep rapid breathing = Kussmaul respirations
        polyuria and polydipsia = passing much water and drinking all day
        vomiting = throwing up
        abdominal pain = an aching belly""",
        """diabetic ketoacidosis is treated with insulin and fluids
        diabetic ketoacidosis causes a metabolic acidosis with an increased anion gap
        infection is a common trigger of diabetic ketoacidosis""",
        """diabetic ketoacidosis is treated with glucagon
        diabetic ketoacidosis causes a metabolic alkalosis
        ketone bodies are absent from the blood in diabetic ketoacidosis""",
    ),
    _condition(
        "Hashimoto thyroiditis", (31, 59), Lab("thyroid-stimulating hormone", "mU/L", 26, 78, 0, "raised"),
        """cold intolerance = wearing a coat indoors
        delayed relaxation of the ankle reflexes = a slow return of the foot after the tap of the hammer
        coarse dry skin = a rough, flaky body surface
        constipation = hard and rare stools
        fatigue = tiredness all day""",
        """hypothyroidism is treated with levothyroxine
        Hashimoto thyroiditis is associated with antibodies against thyroid peroxidase
        Hashimoto thyroiditis is a common cause of hypothyroidism where iodine is sufficient""",
        """hypothyroidism is treated with methimazole
        Hashimoto thyroiditis is a bacterial infection
        levothyroxine blocks the thyroid hormone receptor""",
    ),
)  # fmt: skip

GROUPS: tuple[tuple[Condition, ...], ...] = (_BREATHLESS, _HEADACHE, _ABDOMEN, _HORMONES)
"""Diagnoses that compete with each other, four a group."""

BACKGROUND = (
    ("a history of seasonal allergies", "hay fever every spring"),
    ("a history of knee osteoarthritis", "worn knee joints"),
    ("a tonsillectomy as a child", "tonsils that were taken out early in life"),
    ("a sprained ankle two years ago", "a twisted foot some time back"),
    ("work as an accountant", "a job in bookkeeping"),
    ("a daily multivitamin", "a vitamin pill every morning"),
    ("a history of psoriasis", "scaly plaques in the past"),
    ("well-controlled glaucoma", "eye pressure that is under control"),
)
"""Patient facts that decide nothing, each with other words for it."""

INVENTED = (
    "a recent trip to Kenya", "a penicillin allergy", "a family history of colon cancer", "a pacemaker",
    "a blood transfusion two years ago", "a tick bite last month", "long-term lithium use", "asbestos exposure at work",
    "a splenectomy in childhood", "a liver biopsy last spring", "a positive tuberculin test", "a kidney transplant",
    "a 20-pack-year smoking history", "a cocaine habit", "an artificial heart valve", "recent dental surgery",
)  # fmt: skip
"""Patient facts that no case has."""

UNVERIFIABLE = (
    "this hospital admits about forty such patients a year",
    "this patient will be back at work within nine days",
    "roughly one in seventy people in this town would present like this",
    "a second physician in this clinic would ask for two more tests",
    "this patient will need another visit before the month is over",
    "the next such patient to be seen here will be older",
)
"""Statements that neither a case nor a textbook decides."""

SWAPS = (
    ("right", "left"), ("upper", "lower"), ("hyper", "hypo"), ("bilateral", "unilateral"), ("low", "high"),
    ("high-pitched", "low-pitched"), ("expiratory", "inspiratory"), ("positive", "negative"), ("thickened", "thinned"),
    ("delayed", "accelerated"), ("raised", "reduced"), ("dilated", "collapsed"), ("heat", "cold"), ("rapid", "slow"),
    ("diffuse", "nodular"), ("weight loss", "weight gain"), ("to the back", "to the groin"), ("cloudy", "clear"),
)  # fmt: skip
"""Clinical look-alikes: words that turn a finding into another one."""
