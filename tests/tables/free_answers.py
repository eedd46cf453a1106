"""What a careful reader takes free answers to say: nobody asked these models for a form.

One row is one output: its text, the letter that it gives as its final answer (None where it gives none, or several), the
reason, and the options. The rows are grouped by what makes them hard to read.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Free(NamedTuple):
    """One output and how a careful reader reads it."""

    text: str
    letter: str | None
    why: str
    options: Mapping[str, str]


# fmt: off
HEPHAESTIN: Mapping[str, str] = {"A": "Hephaestin", "B": "DMT-1", "C": "Ceruloplasmin", "D": "Ferropoin"}
SPHENOPALATINE: Mapping[str, str] = {"A": "Sphenopalatine aery", "B": "Internal carotid aery", "C": "Facial vein", "D": "Angular nerve"}
ASBESTOSIS: Mapping[str, str] = {"A": "Asbestosis", "B": "Sarcoidosis", "C": "Bronchiectasis", "D": "Chronic obstructive pulmonary disease"}
MINIMAL_CHANGE: Mapping[str, str] = {"A": "Minimal change disease", "B": "Membranoproliferative glomerulonephritis", "C": "Lupus nephritis", "D": "IgA nephropathy"}
OBSERVE: Mapping[str, str] = {"A": "Observe", "B": "Give antibiotics", "C": "Order an MRI", "D": "Arthrocentesis"}
ANTERIOR_CORD: Mapping[str, str] = {"A": "Anterior cord lesion", "B": "Posterior cord lesion", "C": "Right hemisection", "D": "Left hemisection", "E": "Complete transection"}
HONEY: Mapping[str, str] = {"A": "Honey", "B": "Maple syrup", "C": "Cow's milk", "D": "Agave nectar", "E": "White bread"}
FEVER: Mapping[str, str] = {"A": "Fever", "B": "Cough", "C": "Rash", "D": "All of the above"}
OCULOMOTOR_NER: Mapping[str, str] = {"A": "Oculomotor nerve", "B": "Trochlear nerve", "C": "Abducens nerve", "D": "Optic nerve"}
OPTIC_NERVE: Mapping[str, str] = {"A": "Optic nerve", "B": "Facial nerve", "C": "Vagus nerve", "D": "Accessory nerve"}
CROUP: Mapping[str, str] = {"A": "Croup", "B": "Epiglottitis", "C": "Asthma", "D": "Bronchiolitis"}
FISH_SHELLFISH: Mapping[str, str] = {"A": "Fish, shellfish", "B": "Peanuts, soy", "C": "Mustard, lamb", "D": "Milk, eggs"}
MIGRAINE: Mapping[str, str] = {"A": "Migraine", "B": "Meningitis", "C": "Stroke", "D": "Sinusitis"}
ASTHMA: Mapping[str, str] = {"A": "Asthma", "B": "COPD", "C": "Pneumonia", "D": "Heart failure"}
INSULIN: Mapping[str, str] = {"A": "Insulin", "B": "Glucagon", "C": "Leptin", "D": "Ghrelin"}
MIGRAINE_2: Mapping[str, str] = {"A": "Migraine", "B": "Cluster headache", "C": "Tension headache", "D": "Sinusitis"}
ILEUM: Mapping[str, str] = {"A": "Ileum", "B": "Colon", "C": "Rectum", "D": "Duodenum"}
NEUMON_A: Mapping[str, str] = {"A": "Neumonía", "B": "Asma", "C": "Bronquitis", "D": "Tuberculosis"}
APENDICITE: Mapping[str, str] = {"A": "Apendicite", "B": "Colecistite", "C": "Pancreatite", "D": "Diverticulite"}
A_B: Mapping[str, str] = {"A": "a) 46, b) 23", "B": "a) 23, b) 46", "C": "a) 92, b) 46", "D": "a) 46, b) 92"}
A_B_2: Mapping[str, str] = {"A": "a) 12, b) 24", "B": "a) 24, b) 12", "C": "a) 24, b) 48", "D": "a) 48, b) 24"}
ASPIRIN: Mapping[str, str] = {"A": "Aspirin", "B": "Alteplase", "C": "Warfarin", "D": "Heparin"}
APPENDICITIS: Mapping[str, str] = {"A": "Appendicitis", "B": "Ectopic pregnancy", "C": "Ovarian torsion", "D": "Diverticulitis"}
SEPSIS: Mapping[str, str] = {"A": "Sepsis", "B": "Gout", "C": "Trauma", "D": "Rheumatism"}
OPTIONS: Mapping[str, str] = {"A": "肺炎", "B": "哮喘", "C": "肺栓塞", "D": "气胸"}
SODIUM: Mapping[str, str] = {"A": "Sodium", "B": "Potassium", "C": "Calcium", "D": "Magnesium"}
PONS: Mapping[str, str] = {"A": "Pons", "B": "Medulla", "C": "Cerebellum", "D": "Thalamus"}

FREE: list[Free] = [
    # --- an option reworded or misspelt behind its letter ---
    Free("D) Ferroportin", "D", "MedMCQA drops 'rt' in 2-4% of its records; models restore it", HEPHAESTIN),
    Free("B) Internal carotid artery", "B", "the same, another record", SPHENOPALATINE),
    Free("**D. Ferroportin**\n\nIt carries iron out of the enterocyte, and hepcidin degrades it.", "D", "bold first line, then the reason", HEPHAESTIN),
    Free("A) Sphenopalatine artery is ligated first, since it supplies most of the posterior nasal wall.", "A", "letter first, reason in the same line", SPHENOPALATINE),
    Free("D. Chronic obstructive lung disease (COPD)", "D", "paraphrased option", ASBESTOSIS),
    Free("B) Giardia is likely.\n\nThe stool floats and smells, and the pain is high up.", "B", "exact text, then words, then a paragraph", {"A": "Amoebiasis", "B": "Giardia", "C": "Staphylococcus", "D": "Cholera"}),
    Free("A) Arthritis", "A", "dropped 'rt' in a one-word option", {"A": "Ahritis", "B": "Gout", "C": "Bursitis", "D": "Tendinitis"}),
    Free("Therefore, the most likely cause of the injury is B) Cut by a sharp tool.", "B", "an article more than the option has", {"A": "Blunt blow", "B": "Cut by sharp tool", "C": "Post mortem change", "D": "None of the above"}),
    Free("C. Portal vein", "C", "dropped 'rt' restored", {"A": "Hepatic aery", "B": "Splenic vein", "C": "Poal vein", "D": "Inferior vena cava"}),
    Free("B) Heart failure", "B", "dropped 'rt' restored, bracket", {"A": "Renal failure", "B": "Hea failure", "C": "Cirrhosis", "D": "Nephrotic syndrome"}),
    Free("**A. Hypertrophic cardiomyopathy**\n\nThe murmur grows louder on standing, which separates it from aortic stenosis.", "A", "bold heading with restored spelling, reason below names another option", {"A": "Hyperophic cardiomyopathy", "B": "Aoic stenosis", "C": "Mitral regurgitation", "D": "Dilated cardiomyopathy"}),
    Free("(D) Hemolytic anemia, as shown by the raised LDH and the low haptoglobin.", "D", "American spelling, reason in the same line", {"A": "Iron deficiency anaemia", "B": "Aplastic anaemia", "C": "Thalassaemia minor", "D": "Haemolytic anaemia"}),
    Free("C: Polymerase chain reaction (PCR)", "C", "abbreviation written out", {"A": "ELISA", "B": "Western blot", "C": "PCR", "D": "Viral culture"}),
    Free("B) Musculophrenic artery", "B", "typo restored", {"A": "Superior epigastric aery", "B": "Musculophrenic aery", "C": "Lateral thoracic aery", "D": "Internal thoracic vein"}),
    Free("D. Heart block (complete)", "D", "words in another order, typo restored", {"A": "Hea failure", "B": "Pericardial effusion", "C": "Atrial flutter", "D": "Complete hea block"}),
    Free("C) Short stature", "C", "typo in the option restored", {"A": "Tall stature", "B": "Webbed fingers", "C": "Sho stature", "D": "Polydactyly"}),
    Free("**E. Oral rehydration salts (ORS)** would be started straight away in this toddler.", "E", "abbreviation, another noun, and words behind in the line", {"A": "Intravenous dextrose", "B": "Loperamide", "C": "Metronidazole", "D": "Nil by mouth", "E": "Oral rehydration solution"}),
    Free("A: Copper wire sign", "A", "a word more and another ending", {"A": "Copper wiring", "B": "Cotton wool spots", "C": "Dot haemorrhages", "D": "Drusen"}),
    # --- a note, an explanation or a courtesy behind the conclusion ---
    Free("Complement is low and the membrane is split.\n\nThe most likely diagnosis is (B).\n\nI hope this helps! Let me know if anything is unclear.", "B", "a courtesy behind the conclusion", MINIMAL_CHANGE),
    Free("Complement is low.\n\nBased on these findings, the most likely cause is:\n\nB) Membranoproliferative glomerulonephritis\n\nIt is driven by immune complexes, and the low complement fits.", "B", "GPT-4's layout: announced, own line, explanation", MINIMAL_CHANGE),
    Free("The best initial test is option C.\n\nReferences: a standard textbook of surgery.", "C", "references behind it", OBSERVE),
    Free("So the drug to avoid is (C).\n\nNote: this is general information and no medical advice.", "C", "disclaimer behind it", {"A": "Duloxetine", "B": "Trazodone", "C": "Bupropion", "D": "Mirtazapine"}),
    Free("Hypotension, muffled heart sounds and raised neck veins are Beck's triad.\n\nThe most likely diagnosis is (C).\n\nWould you like me to explain how it is treated?", "C", "courtesy and question behind the conclusion", {"A": "Pulmonary embolism", "B": "Pneumothorax", "C": "Cardiac tamponade", "D": "Myocardial infarction"}),
    Free("Given the albuminuria, the most appropriate drug is:\n\n**(B) Lisinopril**\n\nACE inhibitors lower the pressure in the glomerulus and slow the decline of renal function. Amlodipine lowers blood pressure but does not reduce proteinuria to the same extent.", "B", "announced, own line in bold, explanation", {"A": "Amlodipine", "B": "Lisinopril", "C": "Hydralazine", "D": "Prazosin"}),
    Free("The next best step in management is option D.\n\nDisclaimer: this is for educational purposes only and should not replace professional medical advice.", "D", "disclaimer behind", {"A": "Repeat the smear in one year", "B": "HPV vaccination", "C": "Hysterectomy", "D": "Colposcopy"}),
    Free("The most likely pathogen is (A). Lobar consolidation with rusty sputum and lancet-shaped diplococci is classic for it. Mycoplasma gives a patchy infiltrate instead.", "A", "reason why the answer holds follows", {"A": "Streptococcus pneumoniae", "B": "Klebsiella pneumoniae", "C": "Mycoplasma pneumoniae", "D": "Legionella pneumophila", "E": "Chlamydia psittaci"}),
    Free("Therefore, the best pharmacotherapy is (E) Dantrolene.\n\nSources:\n1. A handbook of anaesthesia, chapter 12.\n2. A guideline on malignant hyperthermia.", "E", "'Therefore' conclusion, then source list", {"A": "Benztropine", "B": "Propranolol", "C": "Lorazepam", "D": "Haloperidol", "E": "Dantrolene"}),
    Free("The drug of first choice in this boy is (D).\n\nLet me know if you want a table of the side effects!", "D", "courtesy behind", {"A": "Phenytoin", "B": "Gabapentin", "C": "Vigabatrin", "D": "Ethosuximide"}),
    Free("Hence the most probable site of the lesion is (A). Damage to the optic tract would rather give an incongruous hemianopia, and damage to the optic nerve blindness of one eye.", "A", "two other options described behind it", {"A": "Optic chiasm", "B": "Optic tract", "C": "Optic nerve"}),
    Free("The most frequent complication is **C**.\n\n> *This response is for learning only. Always seek the advice of a physician.*", "C", "disclaimer as a quote", {"A": "Otitis media", "B": "Orchitis", "C": "Deafness", "D": "Pancreatitis"}),
    Free("The most characteristic finding is therefore:\n\n**(B)**\n\nSee also: chapter on interstitial lung disease; chapter on occupational medicine.", "B", "letter on its own line, references behind", {"A": "Pleural plaques", "B": "Eggshell calcification", "C": "Cavitation"}),
    Free("The most suitable analgesic would be option E. Keep in mind that renal function has to be checked before the first dose, and that ketorolac and ibuprofen are off the table.", "E", "advice that names other options behind it", {"A": "Ketorolac", "B": "Ibuprofen", "C": "Naproxen", "D": "Diclofenac", "E": "Paracetamol"}),
    # --- a list weighed one by one, then a conclusion ---
    Free("A) Asbestosis - restrictive, no exposure.\nB) Sarcoidosis - hilar nodes are missing.\nC) Bronchiectasis - no daily sputum.\nD) Chronic obstructive pulmonary disease - fits the smoking and the flow curve.\n\nBased on the history, the most likely diagnosis is:\n\nD) Chronic obstructive pulmonary disease (COPD)", "D", "two words more than the option's text", ASBESTOSIS),
    Free("A) Asbestosis - no exposure.\nB) Sarcoidosis - no nodes.\nC) Bronchiectasis - no sputum.\nD) Chronic obstructive pulmonary disease - fits.\n\nSo the best answer would be:\nD) Chronic obstructive pulmonary disease, but only if the flow curve is confirmed. Spirometry should be repeated.", "D", "'the best answer would be:' and the letter on the next line", ASBESTOSIS),
    Free("A) Gout - needle-shaped crystals with negative birefringence, not seen.\nB) Septic arthritis - the culture is sterile.\nC) Rheumatoid arthritis - would be symmetrical.\nD) Pseudogout - rhomboid crystals, weakly positive birefringence.\nE) Reactive arthritis - no preceding infection.\n\nTaking this together, the diagnosis is:\n\nD) Pseudogout (calcium pyrophosphate deposition disease)", "D", "list, conclusion with brackets in the option", {"A": "Gout", "B": "Septic arthritis", "C": "Rheumatoid arthritis", "D": "Pseudogout", "E": "Reactive arthritis"}),
    Free("- A) Warfarin: teratogenic.\n- B) Low molecular weight heparin: does not cross the placenta.\n- C) Aspirin: no anticoagulant.\n- D) Rivaroxaban: not advised in pregnancy.\n\nConsidering all this, low molecular weight heparin (B) should be given.", "B", "list with bullets, conclusion sentence", {"A": "Warfarin", "B": "Low molecular weight heparin", "C": "Aspirin", "D": "Rivaroxaban"}),
    Free("1. Lithium (A): tremor, polyuria and hypothyroidism are all known effects.\n2. Valproate (B): weight gain and hair loss.\n3. Lamotrigine (C): rash.\n4. Carbamazepine (D): hyponatraemia.\n\nBased on this analysis, the drug responsible is lithium.", "A", "numbered weighing, conclusion without letter", {"A": "Lithium", "B": "Valproate", "C": "Lamotrigine", "D": "Carbamazepine"}),
    Free("A. Duodenal atresia: bilious from day one.\nB. Annular pancreas: bilious.\nC. Hypertrophic pyloric stenosis: non-bilious, projectile, week four.\nD. Malrotation: bilious.\n\nHence, the most probable diagnosis is:\nC. Hypertrophic pyloric stenosis", "C", "typo of MedMCQA in the concluding line", {"A": "Duodenal atresia", "B": "Annular pancreas", "C": "Hyperophic pyloric stenosis", "D": "Malrotation"}),
    Free("Let's consider each option:\n\nA. Metformin – contraindicated with this eGFR.\nB. Glipizide – hypoglycaemia.\nC. Pioglitazone – fluid retention in heart failure.\nD. Acarbose – little effect.\nE. Empagliflozin – lowers the risk of admission for heart failure.\n\nThus the best choice is:\nE. Empagliflozin, provided that the patient drinks enough. The dose is 10 mg once a day.", "E", "list of pros, then 'best choice', then remark", {"A": "Metformin", "B": "Glipizide", "C": "Pioglitazone", "D": "Acarbose", "E": "Empagliflozin"}),
    Free("A) Sodium – within normal limits.\nB) Chloride – low from vomiting.\nC) Urea – slightly raised.\n\nThe parameter that explains the tetany is\nB) Chloride (hypochloraemic alkalosis)", "B", "two words more in the conclusion line", {"A": "Sodium", "B": "Chloride", "C": "Urea", "D": "Creatinine"}),
    Free("A. Hamartoma - popcorn.\nB. Granuloma - central calcium.\nC. Metastasis - multiple.\nD. Abscess - fluid level.\n\n=> C. Metastases", "C", "an arrow as a conclusion, plural", {"A": "Hamartoma", "B": "Granuloma", "C": "Metastasis", "D": "Abscess"}),
    # --- a conclusion in an option's words while other options are discussed ---
    Free("Lupus nephritis would have antibodies, IgA nephropathy follows a cold, and minimal change disease has normal complement. Therefore, the most likely diagnosis is membranoproliferative glomerulonephritis.", "B", "all four options named, one concluded on", MINIMAL_CHANGE),
    Free("Polymyositis would weaken the muscles, fibromyalgia has a normal ESR, and hypothyroidism is excluded by the TSH. Thus, polymyalgia rheumatica is the most likely diagnosis.", "A", "all options named, concluded in words", {"A": "Polymyalgia rheumatica", "B": "Fibromyalgia", "C": "Polymyositis", "D": "Hypothyroidism"}),
    Free("The most likely cause is Tropheryma whipplei. Giardia lamblia gives foul stools but no arthritis, and lactase deficiency gives bloating only.", "C", "conclusion before the discussion of others", {"A": "Alpha-gliadin", "B": "Lactase deficiency", "C": "Tropheryma whipplei", "D": "Giardia lamblia"}),
    Free("Hepatitis A and hepatitis E are spread by the faecal-oral route, and hepatitis C has no vaccine. The infection in question must therefore be hepatitis B.", "D", "'hepatitis B' is the text of option D", {"A": "Hepatitis A", "B": "Hepatitis C", "C": "Hepatitis E", "D": "Hepatitis B"}),
    Free("One might expect a decrease because of dilution. However, the osmoreceptors answer first, so the secretion of ADH will increase.", "A", "three options, conclusion in words", {"A": "Increase", "B": "Decrease", "C": "No change"}),
    Free("Ulcerative colitis starts at the rectum and is continuous. Skip lesions and granulomas are not seen in it, nor in ischaemic colitis. This all makes Crohn’s disease the correct answer.", "E", "curly apostrophe, conclusion in words", {"A": "Ulcerative colitis", "B": "Diverticulitis", "C": "Irritable bowel syndrome", "D": "Ischaemic colitis", "E": "Crohn's disease"}),
    Free("Since potassium is low and bicarbonate is high, laxatives, renal tubular acidosis and Addison disease all fall away. Self-induced vomiting is what remains.", "D", "elimination in words", {"A": "Laxative abuse", "B": "Renal tubular acidosis", "C": "Addison disease", "D": "Self-induced vomiting"}),
    Free("The ulnar nerve supplies the interossei and the median nerve the thenar muscles. A wrist drop, however, is due to paralysis of the extensors, so we conclude that the radial nerve was injured.", "C", "conclusion in words", {"A": "Ulnar nerve", "B": "Median nerve", "C": "Radial nerve", "D": "Axillary nerve"}),
    Free("Answer: Vitamin B12. Folate would be low in alcoholics, and vitamin B6 when isoniazid is taken.", "D", "letters in the vitamins' names are no options", {"A": "Folate", "B": "Vitamin B6", "C": "Vitamin B1", "D": "Vitamin B12", "E": "Vitamin C"}),
    Free("Neither chlorpromazine nor lithium is excreted by that way, and valproate is not lipophilic. The answer is haloperidol.", "B", "words only", {"A": "Chlorpromazine", "B": "Haloperidol", "C": "Lithium", "D": "Valproate"}),
    Free("I'd go with hepatitis C here. Hepatitis B was excluded by serology, and hepatitis A never becomes chronic.", "A", "letter in the name differs from the option letter", {"A": "Hepatitis C", "B": "Hepatitis A", "C": "Hepatitis B", "D": "Hepatitis D", "E": "Hepatitis E", "F": "HIV", "G": "Leptospirosis", "H": "Yellow fever", "I": "Wilson disease", "J": "Autoimmune hepatitis"}),
    # --- the label of another option in the last sentence ---
    Free("The track moves by a centimetre a day, so the larva is shown by skin biopsy (D). The Wood lamp (A) shows fungi, and the mount (C) shows hyphae. Antinuclear antibodies (E) are used to diagnose autoimmune diseases.", "D", "last sentence describes E", {"A": "Wood lamp", "B": "Fungal culture", "C": "Potassium hydroxide mount", "D": "Skin biopsy", "E": "Antinuclear antibodies"}),
    Free("Her spirometry is obstructive, as in chronic obstructive pulmonary disease (D). Bronchiectasis (C) widens the airways and brings daily sputum, but the flow curve is usually normal.", "D", "no word of negation in the last sentence", ASBESTOSIS),
    Free("The best first step is to tap the joint (option D). Once fluid is sent, one can move on to antibiotics and imaging (option C).", "D", "a later step is labelled", OBSERVE),
    Free("The primary event is left hemisection (D). Complete transection (E) may cause the same weakness, but this is not the primary mechanism at play here.", "D", "negation in a later clause", ANTERIOR_CORD),
    Free("The India ink stain points to Cryptococcus neoformans (A). Toxoplasma gondii (B) shows ring-enhancing lesions on MRI.", "A", "last sentence describes a rejected option, no negation", {"A": "Cryptococcus neoformans", "B": "Toxoplasma gondii", "C": "Candida albicans", "D": "JC virus"}),
    Free("The immediate treatment is needle decompression (C). Afterwards a chest tube (D) is placed and a chest radiograph (E) is taken to check its position.", "C", "later step labelled", {"A": "Reassurance", "B": "Ibuprofen", "C": "Needle decompression", "D": "Chest tube", "E": "Chest radiograph"}),
    Free("This patient's leukaemia is caused by the BCR-ABL fusion (B). MYC translocation (C) belongs to Burkitt lymphoma, and the JAK2 mutation (D) to polycythaemia vera.", "B", "conclusion, then where the others belong", {"A": "Loss of p53", "B": "BCR-ABL fusion", "C": "MYC translocation", "D": "JAK2 mutation"}),
    Free("Pain on walking that eases on bending forward is best explained by spinal stenosis (D). Cauda equina syndrome (A) may also cause leg pain, but comes with saddle anaesthesia.", "D", "'may also' in last sentence", {"A": "Cauda equina syndrome", "B": "Conus medullaris syndrome", "C": "Sciatica", "D": "Spinal stenosis"}),
    Free("The first-line drug here is fluoxetine (A). It must not be combined with phenelzine (B).", "A", "a warning about another option last", {"A": "Fluoxetine", "B": "Phenelzine", "C": "Amitriptyline", "D": "Bupropion"}),
    Free("Rose spots and relative bradycardia are the signature of Salmonella typhi (C). Shigella dysenteriae (A) invades the colon and leaves the blood stream alone.", "C", "last sentence describes A", {"A": "Shigella dysenteriae", "B": "Vibrio cholerae", "C": "Salmonella typhi", "D": "Yersinia enterocolitica"}),
    Free("The fastest way to lower potassium in the plasma is insulin with glucose (B). Calcium gluconate (D) guards the heart, but the level stays as it is. Polystyrene resin (A) takes hours.", "B", "two later letters", {"A": "Polystyrene resin", "B": "Insulin with glucose", "C": "Furosemide", "D": "Calcium gluconate"}),
    Free("This man ought to be given allopurinol (A) six weeks from now. For the present attack, however, the drug of choice is colchicine (C), as NSAIDs (B) are barred by his ulcer.", "C", "a later step first, a barred option last", {"A": "Allopurinol", "B": "Naproxen (an NSAID)", "C": "Colchicine", "D": "Probenecid"}),
    Free("The tumour marker to follow is CA-125 (E). AFP (A) goes with yolk sac tumours, hCG (B) with choriocarcinoma, and inhibin (C) with granulosa cell tumours.", "E", "three letters follow the choice", {"A": "AFP", "B": "hCG", "C": "Inhibin", "D": "CEA", "E": "CA-125", "F": "PSA", "G": "CA 15-3", "H": "CA 19-9", "I": "Calcitonin", "J": "Thyroglobulin"}),
    Free("Her symptoms are best ascribed to panic disorder (B). Phaeochromocytoma (C) and thyrotoxicosis (D) are to be kept in mind and can be ruled out by simple blood tests.", "B", "differential named last", {"A": "Generalised anxiety disorder", "B": "Panic disorder", "C": "Phaeochromocytoma", "D": "Thyrotoxicosis"}),
    # --- the verdict that ends one item of a list, before the letter of the next ---
    Free("C) Right hemisection: the loss would be on the other side.\n\nD) Left hemisection: weakness and lost vibration on the left, lost pain on the right. This is the correct answer.\n\nE) Complete transection: nothing would be spared.", "D", "gives E, the next item", ANTERIOR_CORD),
    Free("D) Left hemisection: fits weakness and vibration, and it is the most likely answer.\n\nE) Complete transection: nothing would be spared.\n\nTherefore, the most likely lesion is D) Left hemisection.", "D", "gives E although D is concluded on", ANTERIOR_CORD),
    Free("Step 3: weigh the pros and cons of each option\nA) Observe\nPro: cheap.\nCon: misses pus.\nB) Give antibiotics\nPro: quick.\nCon: blinds the culture.\n\nThe fluid decides, so the joint should be tapped (Option D).", "D", "heading 'each option' and the first item below it", OBSERVE),
    Free("A) Lactate: gluconeogenic.\n\nB) Alanine: gluconeogenic and the main carrier of nitrogen from muscle. This is the correct answer.\n\nC) Leucine: purely ketogenic.\n\nD) Glycerol: from fat.", "B", "verdict ends an item, next item begins", {"A": "Lactate", "B": "Alanine", "C": "Leucine", "D": "Glycerol"}),
    Free("A. Chest X-ray – usually normal.\nB. Bronchoscopy – no role.\nC. CT pulmonary angiography – the test of choice when the Wells score is high. Best answer.\nD. D-dimer – only when the score is low.\nE. V/Q scan – when contrast cannot be given.", "C", "'best answer' ends the item", {"A": "Chest X-ray", "B": "Bronchoscopy", "C": "CT pulmonary angiography", "D": "D-dimer", "E": "V/Q scan"}),
    Free("A) Anti-dsDNA: specific for lupus, follows nephritis. So this is the answer.\nB) Anti-centromere: limited scleroderma.\nC) Anti-Jo-1: polymyositis.\nD) Anti-Ro: neonatal lupus.", "A", "first item is the answer", {"A": "Anti-dsDNA", "B": "Anti-centromere", "C": "Anti-Jo-1", "D": "Anti-Ro"}),
    Free("Step 2: evaluate each answer\nA) Sigmoid colon\nAbsorbs water.\nB) Caecum\nAbsorbs water.\nC) Jejunum\nAbsorbs most nutrients.\n\nVitamin B12 is taken up with intrinsic factor at the end of the small bowel, so terminal ileum (Option D) fits.", "D", "stepwise heading 'each answer choice' then list, conclusion last", {"A": "Sigmoid colon", "B": "Caecum", "C": "Jejunum", "D": "Terminal ileum"}),
    Free("A) Kallmann syndrome: anosmia. Incorrect answer.\nB) Prader-Willi syndrome: obesity. Incorrect answer.\nC) Klinefelter syndrome: tall male. Incorrect answer.\nD) Fragile X syndrome: large testes. Incorrect answer.\nE) Turner syndrome: short stature, webbed neck, streak ovaries. Correct answer.", "E", "verdicts 'incorrect answer.' end each item", {"A": "Kallmann syndrome", "B": "Prader-Willi syndrome", "C": "Klinefelter syndrome", "D": "Fragile X syndrome", "E": "Turner syndrome"}),
    Free("A. Splenectomy – for hereditary spherocytosis.\n\nB. Hydroxyurea – raises fetal haemoglobin and cuts the number of crises. That makes it our answer.\n\nC. Iron – would overload him.\n\nD. Erythropoietin – no role.", "B", "verdict at the end of an item, next item heads a line", {"A": "Splenectomy", "B": "Hydroxyurea", "C": "Iron", "D": "Erythropoietin"}),
    Free("1) A. Trachea – lined by respiratory epithelium.\n2) B. Bladder – lined by urothelium. Correct choice.\n3) C. Oesophagus – lined by squamous epithelium.\n4) D. Jejunum – lined by columnar epithelium.", "B", "numbers before the letters", {"A": "Trachea", "B": "Bladder", "C": "Oesophagus", "D": "Jejunum"}),
    Free("How to arrive at the answer\nA: Too small a dose.\nB: Too large a dose.\nC: 15 mg/kg x 20 kg = 300 mg, just right.\nD: That is the adult dose.\n\nHence 300 mg.", "C", "heading 'the answer' and the first item below it", {"A": "150 mg", "B": "600 mg", "C": "300 mg", "D": "1 g"}),
    Free("(D) Nikolsky sign - positive here, and hence the expected answer.\n(E) Auspitz sign - psoriasis.", "D", "verdict at the end of D, item E behind", {"A": "Darier sign", "B": "Koebner sign", "C": "Gottron sign", "D": "Nikolsky sign", "E": "Auspitz sign"}),
    Free("**A) Haloperidol** – makes parkinsonism worse. ✗\n**B) Quetiapine** – little D2 blockade. ✓ **(answer)**\n**C) Risperidone** – dose-dependent rigidity. ✗\n**D) Fluphenazine** – depot, worst of all. ✗", "B", "ticks and crosses", {"A": "Haloperidol", "B": "Quetiapine", "C": "Risperidone", "D": "Fluphenazine"}),
    # --- three letters or more at once ---
    Free("Honey is a free sugar. Final answer: ABD", None, "letters run together behind a label", HONEY),
    Free("Cow's milk contains lactose alone, so the answer is a combination of (C, D, E).", None, "a combination of letters", HONEY),
    Free("Opioids narrow the pupil. Answer: ABD", None, "three letters run together behind a label", {"A": "Heroin", "B": "Methadone", "C": "Cocaine", "D": "Morphine", "E": "Caffeine"}),
    Free("The intraperitoneal organs are the liver and the spleen as well as the tail of the pancreas. The answer is (A), (B), and (C).", None, "'A, B, and C'", {"A": "Liver", "B": "Spleen", "C": "Pancreas", "D": "Kidney", "E": "Ovary"}),
    Free("The best treatment is A and/or C.", None, "two with 'and/or'", {"A": "Warfarin", "B": "Heparin", "C": "Aspirin", "D": "Statin"}),
    Free("Options A, B and C are all seen in measles, so the answer is (D) All of the above.", "D", "three true, 'all of the above' chosen", FEVER),
    Free("Final answer: A/B/C/E", None, "slash list", {"A": "Thiamine", "B": "Riboflavin", "C": "Niacin", "D": "Retinol", "E": "Ascorbic acid", "F": "Tocopherol"}),
    Free("Correct answer: A, C & D", None, "three letters", {"A": "Ptosis", "B": "Mydriasis", "C": "Miosis", "D": "Anhidrosis", "E": "Enophthalmos", "F": "Flushing", "G": "Proptosis"}),
    Free("The right answers are (B) & (E).", None, "two letters", {"A": "Zinc", "B": "Copper", "C": "Iron", "D": "Cobalt", "E": "Selenium"}),
    Free("Answer: B + C", None, "two letters", {"A": "Rest", "B": "Ice", "C": "Compression", "D": "Elevation"}),
    Free("I'd say that options A to D are all acceptable.", None, "a range of letters", {"A": "Walking", "B": "Cycling", "C": "Swimming", "D": "Rowing", "E": "Boxing"}),
    Free("**Answers:** A. Tuberculosis and D. Sarcoidosis", None, "two letters with their texts", {"A": "Tuberculosis", "B": "Asthma", "C": "Emphysema", "D": "Sarcoidosis"}),
    # --- an answer that is refuted at once ---
    Free("The answer is (D) is incorrect.", None, "nothing but a refuted letter", OCULOMOTOR_NER),
    Free("The answer is (A) is not correct.", None, "nothing but a refuted letter", OPTIC_NERVE),
    Free("The answer is not C.", None, "negated answer only", OPTIC_NERVE),
    Free("The answer is (D) is incorrect. The facial nerve closes the eye. The answer is (B).", "B", "refuted, then another given", OPTIC_NERVE),
    Free("It is tempting to say that the answer is B, but that would be wrong in a patient with a metallic valve and pregnancy.", None, "tempting but wrong", {"A": "Aspirin", "B": "Warfarin", "C": "Dabigatran", "D": "Apixaban"}),
    Free("Many students think the answer is B. This is incorrect, as warfarin has no antidote of that kind. Idarucizumab binds dabigatran, so it is C.", "C", "student's answer refuted, own answer given", {"A": "Aspirin", "B": "Warfarin", "C": "Dabigatran", "D": "Heparin"}),
    Free("The answer is (B), which is false.", None, "refuted at once", {"A": "Otosclerosis", "B": "Presbycusis", "C": "Cholesteatoma", "D": "Glue ear"}),
    Free("The correct option is not D, since the pupil reacts.", None, "negated, nothing else said", {"A": "Uveitis", "B": "Keratitis", "C": "Conjunctivitis", "D": "Acute glaucoma", "E": "Episcleritis", "F": "Blepharitis", "G": "Corneal ulcer", "H": "Dry eye", "I": "Scleritis", "J": "Endophthalmitis"}),
    Free("C can't be the answer because the boy has no foreskin left.", None, "negated", {"A": "Balanitis", "B": "Hypospadias", "C": "Phimosis"}),
    Free("The answer is A? That would be wrong: 0.9 % saline is isotonic. What is hypertonic is the 3 % solution, so the answer is D.", "D", "question, refuted, then the answer", {"A": "0.9 % saline", "B": "Ringer's lactate", "C": "5 % dextrose", "D": "3 % saline"}),
    Free("The answer is (E) is wrong, since urine would be dark. The answer is (C) is wrong, since she is no carrier. The answer is (B).", "B", "two refuted, the third stands", {"A": "Gallstones", "B": "Gilbert syndrome", "C": "Crigler-Najjar syndrome", "D": "Alcohol", "E": "Hepatitis A"}),
    # --- two letters, then one of them ---
    Free("The remaining options are (B) and (D). Antibiotics before culture blind it, so the answer is (D).", "D", "elimination down to two, then one", OBSERVE),
    Free("This leaves us with A and B. Drooling and the tripod position are not seen in croup. The answer is B.", "B", "narrowed to two, one chosen", CROUP),
    Free("It's between (A) and (D). The barking cough makes me lean towards (A).", "A", "'between', 'I lean towards'", CROUP),
    Free("Both A and E are reasonable. In view of the renal function, I would pick E.", "E", "several possible, one preferred", {"A": "Lithium", "B": "ECT", "C": "Sertraline", "D": "Lamotrigine", "E": "Quetiapine"}),
    Free("A or C. I choose C.", "C", "'A or C. I choose C'", {"A": "Insulin", "B": "Potassium", "C": "Normal saline", "D": "Bicarbonate"}),
    Free("The answer could be B or D, but because of pregnancy and cost the best answer is D.", "D", "'could be B or D', then best", {"A": "CT", "B": "MRI", "C": "X-ray", "D": "Ultrasound"}),
    Free("So it's down to C and D. His platelets are normal, hence D.", "D", "two, then one", {"A": "ITP", "B": "DIC", "C": "TTP", "D": "Henoch-Schönlein purpura"}),
    Free("(B) or (C)? A straddle injury tears the bulbar urethra. (B).", "B", "two, then the letter alone", {"A": "Bladder dome", "B": "Bulbar urethra", "C": "Membranous urethra", "D": "Ureter"}),
    Free("The two contenders are A and C. While A would be cheaper, C is the one with proven benefit, and I select C.", "C", "two, then 'I select'", {"A": "Chlorhexidine swabs", "B": "Talc", "C": "Silver-coated catheter", "D": "Honey"}),
    Free("Either B or E would do in an adult; in a child of two, it has to be E.", "E", "either-or for others, then one for this patient", {"A": "Nasal spray", "B": "Inhaled powder", "C": "Nebulised adrenaline", "D": "Tablets", "E": "Metered inhaler with spacer"}),
    Free("Answer: A or D\n\nOn second thoughts, D would need a fever, so the final answer is A.", "A", "labelled pair, then a final answer", {"A": "Osteoid osteoma", "B": "Giant cell tumour", "C": "Enchondroma", "D": "Brodie abscess"}),
    # --- options found true one by one, then one answer ---
    Free("The capsule is thin, so (A) is correct as far as it goes. Joint fluid decides, so (D) is correct. The answer is (D).", "D", "two 'is correct' then 'The answer is'", OBSERVE),
    Free("Fish is one, so (A) is correct. Milk is one, so (D) is correct. The incorrect statement is (C).", "C", "negated stem, two found true", FISH_SHELLFISH),
    Free("(A) is correct: insulin is anabolic. (C) is correct, and (D) is correct. The false statement is (B).", "B", "true ones contradict, false wanted", {"A": "Insulin is an anabolic hormone", "B": "Glucagon lowers blood glucose", "C": "Cortisol raises blood glucose", "D": "GH raises blood glucose"}),
    Free("A is correct, because fever is seen. B is correct, because cough is seen. C is correct as well. The answer is (D).", "D", "each true, then all", FEVER),
    Free("Statement B is correct in that morphine eases pain. Option D is correct in that aspirin lowers mortality. But the first step, and thus the answer, is (A).", "A", "several correct measures, best given", {"A": "Give oxygen", "B": "Give morphine", "C": "Give nitrates", "D": "Give aspirin"}),
    Free("A) Smoking: true, a risk factor.\nB) Obesity: true.\nC) Exercise: false, it protects.\nD) Hypertension: true.\n\nAll of the following are risk factors EXCEPT: C", "C", "EXCEPT question, verdicts 'true'", {"A": "Smoking", "B": "Obesity", "C": "Exercise", "D": "Hypertension"}),
    Free("Option A is right, it is an artery. Option B is right, too. So are C and D. The exception is E.", "E", "four correct arteries, odd one out", {"A": "Aorta", "B": "Carotid", "C": "Femoral", "D": "Radial", "E": "Portal vein"}),
    Free("(A) is true. (B) is true. (D) is true. (E) is true. So the one that is false is (C), and that is the answer.", "C", "four true, the false one is asked for", {"A": "Lungs have lobes", "B": "Pleura has two layers", "C": "The left lung has three lobes", "D": "The right main bronchus is wider", "E": "Surfactant lowers tension"}),
    Free("A: correct.\nB: correct.\nC: correct.\nD: not correct, as bile salts are reabsorbed in the ileum.\nE: correct.\n\nThe answer to this EXCEPT question is D.", "D", "verdict list of a negated stem, then the answer", {"A": "Lipase splits fat", "B": "Bile emulsifies fat", "C": "Chylomicrons enter lymph", "D": "Bile salts are reabsorbed in the jejunum", "E": "Vitamins A, D, E and K are fat-soluble"}),
    Free("Option B is a right statement, and so is option C. However, neither of them explains the splitting. Option D does. Answer: D", "D", "two right statements, the answer behind", {"A": "Anaemia", "B": "Pregnancy raises output", "C": "Fever raises the rate", "D": "Right bundle branch block"}),
    Free("A - T\nB - T\nC - F\nD - T\n\nFalse statement: C", "C", "T/F list", {"A": "Insulin lowers glucose", "B": "Glucagon raises it", "C": "Cortisol lowers it", "D": "Adrenaline raises it"}),
    Free("Statement A is true; B is true as well. C is true but irrelevant. The best explanation of the hyponatraemia, and my final answer, is C? No - irrelevant. It is B.", "B", "three true, a slip corrected, then B", {"A": "He drinks beer", "B": "He takes a thiazide", "C": "He is bald", "D": "He has gout"}),
    # --- the negation of the question's stem in the conclusion ---
    Free("The major allergens include fish, shellfish, peanuts and milk. The pairing that is not part of this group is (C) Mustard, lamb.", "C", "'not' belongs to the question", FISH_SHELLFISH),
    Free("The structure that does not move the globe is the optic nerve (D).", "D", "NOT question answered with the letter behind", OCULOMOTOR_NER),
    Free("The incorrect option is C.", "C", "negation belongs to the question", MIGRAINE),
    Free("The statement that is not true is C.", "C", "negation belongs to the question", MIGRAINE),
    Free("The one that is NOT a feature is B.", "B", "negation belongs to the question", MIGRAINE),
    Free("Option B is not a feature of it, so it is the answer.", "B", "negation belongs to the question", MIGRAINE),
    Free("Given the lack of skin signs, she is at greatest risk for stroke (C).", "C", "negation belongs to the question", MIGRAINE),
    Free("The symptom that is not seen in anaemia is (B) Bradypnoea.", "B", "negation belongs to the question", {"A": "Pallor", "B": "Bradypnoea", "C": "Palpitations", "D": "Fatigue"}),
    Free("All of these are strong anti-inflammatory drugs except paracetamol (D).", "D", "EXCEPT repeated, letter behind", {"A": "Ibuprofen", "B": "Naproxen", "C": "Diclofenac", "D": "Paracetamol"}),
    Free("Of the four, the infection that is not transmitted by blood is A.", "A", "'is not transmitted'", {"A": "Rhinovirus", "B": "HIV", "C": "Hepatitis B virus", "D": "Syphilis"}),
    Free("Horner syndrome narrows the pupil, so mydriasis is NOT part of it. The answer is C.", "C", "false statement", {"A": "Ptosis", "B": "Miosis", "C": "Mydriasis", "D": "Anhidrosis"}),
    Free("The muscle that doesn't belong to the rotator cuff is teres major, so E.", "E", "'does not belong'", {"A": "Deltoid", "B": "Teres minor", "C": "Subscapularis", "D": "Supraspinatus", "E": "Teres major"}),
    Free("The bone which does not articulate with the scaphoid is D.", "D", "negated stem in the conclusion", {"A": "Radius", "B": "Lunate", "C": "Capitate", "D": "Pisiform", "E": "Trapezium", "F": "Trapezoid", "G": "Hamate", "H": "Ulna", "I": "Metacarpal I", "J": "Triquetrum"}),
    Free("Not a cause of clubbing: COPD, therefore B.", "B", "negated stem first", {"A": "Lung cancer", "B": "COPD", "C": "Bronchiectasis", "D": "Cyanotic heart disease"}),
    Free("The least probable diagnosis here would be (E) amoebic abscess.", "E", "'least probable'", {"A": "Cholangitis", "B": "Cholecystitis", "C": "Hepatitis", "D": "Pancreatitis", "E": "Amoebic abscess"}),
    Free("All but one of the listed organs lie behind the peritoneum. The exception: C, the stomach.", "C", "all but one", {"A": "Kidney", "B": "Adrenal gland", "C": "Stomach", "D": "Duodenum (second pa)"}),
    Free("Kussmaul breathing won't be found in alkalosis - it's a sign of acidosis. So A is the false one and should be ticked.", "A", "'the false one and should be ticked'", {"A": "Kussmaul breathing in alkalosis", "B": "Tetany in alkalosis", "C": "Vomiting causes alkalosis", "D": "Diuretics cause alkalosis"}),
    # --- a first line, then an explanation that opens with another option's words ---
    Free("Option C\n\nExplanation: Observe is no plan in a febrile child, since pus destroys cartilage within days.", "C", "got the option named behind 'Explanation:'", OBSERVE),
    Free("Option B\n\nExplanation: Give antibiotics only if there is pus, which is not the case here.", "B", "explanation opens with another option", {"A": "Observe", "B": "Order a biopsy", "C": "Give antibiotics", "D": "Repeat in a year"}),
    Free("D\n\nRationale: Atropine blocks the muscarinic effects but does not set the enzyme free.", "D", "'Rationale' begins with another option's text", {"A": "Atropine", "B": "Naloxone", "C": "Flumazenil", "D": "Pralidoxime"}),
    Free("Answer: A\n\nWhy not folate? Folate deficiency gives large cells. Cobalamin does so, too.", "A", "heading style, then 'Why not'", {"A": "Iron", "B": "Folate", "C": "Cobalamin", "D": "Copper"}),
    Free("Choice C.\nHyperkalaemia shows peaked T waves; hypokalaemia shows U waves. A short QT interval is what we see.", "C", "choice then rationale about others", {"A": "Hyperkalaemia", "B": "Hypokalaemia", "C": "Hypercalcaemia", "D": "Hyponatraemia"}),
    Free("**Option E**\n\n**Explanation**\n\nT4 is the level of the nipple. T6 is the xiphoid. The umbilicus is two segments short of L1.", "E", "'Option E' bold, explanation with others", {"A": "T1", "B": "T4", "C": "T6", "D": "T8", "E": "T10"}),
    Free("Option A\n\nExplanation: Warfarin would need days to work, and aspirin is too weak for a limb that is at risk.", "A", "explanation opens with another option's text", {"A": "Unfractionated heparin", "B": "Warfarin", "C": "Aspirin", "D": "Observation"}),
    Free("(D).\nDry skin is commoner, and so is constipation, but neither is specific.", "D", "letter first", {"A": "Dry skin", "B": "Constipation", "C": "Weight gain", "D": "Delayed relaxation of reflexes", "E": "Hoarseness", "F": "Bradycardia", "G": "Hair loss", "H": "Fatigue", "I": "Cold intolerance", "J": "Menorrhagia"}),
    Free("Option B – Explanation: The lens is not affected in uveitis, and neither is the retina; the ciliary body is.", "B", "in one line", {"A": "Lens", "B": "Ciliary body", "C": "Retina"}),
    Free("Answer : (C)\nExplanation : Tibia is the weight-bearing bone. Fibula is used as a graft as it bears little weight.", "C", "MedMCQA style", {"A": "Tibia", "B": "Femur", "C": "Fibula", "D": "Humerus"}),
    Free("B\n\nBecause melanoma is rarer than basal cell carcinoma and squamous cell carcinoma follows it in frequency.", "B", "letter alone, 'Because' and another option's text", {"A": "Melanoma", "B": "Basal cell carcinoma", "C": "Squamous cell carcinoma", "D": "Merkel cell carcinoma"}),
    # --- a base model's own next question ---
    Free(" D\n\nThe joint was tapped. Which of the following is seen in the fluid?\n\nA. Crystals\nB. Gram-positive cocci\nC. Blood\nD. Fat\n\nAnswer: B", "D", "no word 'Question' before the next one", OBSERVE),
    Free(" C\n\nQuestion: Which hormone is secreted by the posterior pituitary?\nA. Renin\nB. Aldosterone\nC. ANP\nD. ADH\nAnswer: D", "C", "'Question:' follows", {"A": "Renin", "B": "Aldosterone", "C": "ANP", "D": "ADH"}),
    Free("B. Liver\n\n2. Which organ stores bile?\nA. Pancreas\nB. Spleen\nC. Gallbladder\nD. Stomach\n\nAnswer: C", "B", "numbered next question", {"A": "Lung", "B": "Liver", "C": "Brain", "D": "Bone"}),
    Free("The answer is (A).\n\nQ: Which nerve is injured in a fracture of the surgical neck of the humerus?\nA: Let's think step by step. The nerve winds around the neck. The answer is (D).", "A", "'Q:' and 'A:' layout", {"A": "Median nerve", "B": "Ulnar nerve", "C": "Radial nerve", "D": "Axillary nerve"}),
    Free("### Answer\nD\n\n### Question 2\nWhich element is needed for thyroid hormone?\nA) Zinc\nB) Iron\nC) Iodine\nD) Fluoride\n\n### Answer\nC", "D", "'### Question 2'", {"A": "Zinc", "B": "Iron", "C": "Iodine", "D": "Fluoride"}),
    Free(" C\n\nA 45-year-old man comes to the physician because of galactorrhoea for 3 months. Which of the following is raised?\n\nA. Estrogen\nB. Progesterone\nC. hCG\nD. Prolactin\n\nThe answer is D", "C", "vignette without marker", {"A": "Estrogen", "B": "Progesterone", "C": "hCG", "D": "Prolactin"}),
    Free(" B\n\nWhich of the following cranial nerves carries taste from the tip of the tongue?\nA. V\nB. VI\nC. VII\nD. IX\nAnswer: C", "B", "next question without a heading", {"A": "Ulna", "B": "Radius", "C": "Tibia", "D": "Fibula", "E": "Humerus", "F": "Femur", "G": "Scapula", "H": "Clavicle", "I": "Sternum", "J": "Patella"}),
    Free("A\n\nQ2. Deficiency of which factor causes haemophilia B?\n\nA) VIII\nB) VII\nC) XI\nD) IX\n\nCorrect answer: D", "A", "Q2.", {"A": "Factor VIII", "B": "Factor VII", "C": "Factor XI", "D": "Factor X"}),
    Free("The answer is (D).\n\n12. The commonest benign tumour of the parotid is\nA. Warthin tumour\nB. Pleomorphic adenoma\nC. Oncocytoma\nD. Lipoma\n\nThe answer is (B).", "D", "numbered next question", {"A": "Incisor", "B": "Canine", "C": "Premolar", "D": "Molar", "E": "Gingiva", "F": "Palate", "G": "Tongue", "H": "Hyoid", "I": "Mandible", "J": "Maxilla"}),
    Free(" C</s><s>[INST] Which sinus drains into the superior meatus? A. Maxillary B. Frontal C. Sphenoid D. Posterior ethmoid [/INST] D</s>", "C", "chat marks of Mistral", {"A": "Utricle", "B": "Saccule", "C": "Cochlea"}),
    Free("Final answer: B\n\n### Instruction:\nName the reservoir of Lassa virus.\nA) Bat\nB) Tick\nC) Rat\nD) Cow\n\n### Response:\nFinal answer: C", "B", "Alpaca layout", {"A": "Bat", "B": "Mosquito", "C": "Rat", "D": "Cow"}),
    # --- loops and cut-offs ---
    Free("The eye is turned down and out" + ". The oculomotor nerve moves the globe" * 60 + ". The oculomotor nerve mov", None, "no conclusion: named 60 times while describing anatomy", OCULOMOTOR_NER),
    # --- Chinese: negated choices, letters that belong to a word ---
    Free("MRI对血管帮助有限，故不选A。答案：C", "C", "'therefore not A'", {"A": "核磁共振", "B": "胸部平片", "C": "支气管镜", "D": "肺功能"}),
    Free("母子血型不合，故选择A型Rh阴性血。答案：B", "B", "'type-A blood' is no option A", {"A": "O型Rh阳性", "B": "A型Rh阴性", "C": "AB型", "D": "O型Rh阴性"}),
    Free("首先选择B超检查，再决定是否手术。答案：D", "D", "'B-mode ultrasound' (B超) is no option B", {"A": "观察", "B": "手术", "C": "X线", "D": "超声"}),
    Free("该患者对氨苄西林耐药，故不选A，应选B。", "B", "'not A, hence B'", {"A": "氨苄西林", "B": "青霉素", "C": "红霉素", "D": "庆大霉素"}),
    Free("母亲为A型，父亲为B型，孩子不含A、B抗原，因此为O型。故选D。", "D", "'type A' blood in reasoning, D at the end", {"A": "A型", "B": "B型", "C": "AB型", "D": "O型"}),
    Free("首选的检查是B超，无创且便宜。答案选C。", "C", "B超 is option C's text", {"A": "心电图", "B": "胸片", "C": "B超", "D": "CT"}),
    Free("患者C反应蛋白明显升高，D-二聚体正常，提示细菌感染。因此正确答案为A", "A", "C反应蛋白 is no option", {"A": "细菌感染", "B": "病毒感染", "C": "真菌感染", "D": "寄生虫感染"}),
    Free("综合分析，答案：A、C", None, "several letters", {"A": "发热", "B": "咳嗽", "C": "皮疹", "D": "腹泻"}),
    Free("老年男性,进行性排尿困难,首先考虑前列腺增生。A选项不符合,B选项不符合,因此应选C。", "C", "half-width commas", {"A": "膀胱结石", "B": "尿道狭窄", "C": "前列腺增生", "D": "前列腺炎"}),
    Free("CT增强扫描较B超更准确,但本题问的是首选的筛查方法,即B超,所以答案是A。", "A", "B超 is no option B", {"A": "腹部超声", "B": "CT", "C": "MRI", "D": "ERCP"}),
    Free("患者为AB型血,可接受任何血型的红细胞。答案：D", "D", "blood groups", {"A": "只能输A型", "B": "只能输B型", "C": "只能输AB型", "D": "A、B、AB、O型均可"}),
    Free("选项A错误；选项D错误；选项C错误。综上，正确选项为B。", "B", "three refuted, then the right one", {"A": "甲状腺", "B": "甲状旁腺", "C": "肾上腺", "D": "胰腺"}),
    Free("本题为多选题，正确答案为BDE。", None, "three letters", {"A": "发热", "B": "咳嗽", "C": "皮疹", "D": "关节痛", "E": "口腔溃疡"}),
    # --- Korean and Japanese ---
    Free("하대정맥 압박이 원인이다. 따라서 정답은 A입니다.\n\n다른 선택지는 적절하지 않다.", "A", "'so the answer is A'", {"A": "좌측위", "B": "배뇨", "C": "관장", "D": "산소"}),
    Free("객혈과 야간 발한이 있다.\n\n정답: C", "C", "Korean 'answer: C'", {"A": "폐렴", "B": "천식", "C": "결핵", "D": "폐암"}),
    Free("따라서 정답은 B번입니다.", "B", "'the answer is number B'", {"A": "인슐린", "B": "메트포르민", "C": "설포닐우레아", "D": "아카보스"}),
    Free("**정답은 D입니다.** 아밀라아제가 상승하였으므로 A, B, C는 적절하지 않습니다.", "D", "bold Korean", {"A": "간염", "B": "간경변", "C": "담석증", "D": "췌장염"}),
    Free("비타민 B12 결핍에서는 거대적혈모구가 보인다. 그러므로 답은 A이다.", "A", "'vitamin B12' in reasoning", {"A": "철", "B": "엽산", "C": "비타민 B12", "D": "구리"}),
    Free("Dダイマーが高値であり、下肢に腫脹がある。したがって、正解はCです。", "C", "正解はC", {"A": "肺炎", "B": "気胸", "C": "肺塞栓症", "D": "喘息"}),
    Free("소아의 개 짖는 듯한 기침은 크룹의 특징이다. 정답은 D이다.", "D", "'the answer is D'", {"A": "천식", "B": "폐렴", "C": "후두개염", "D": "크룹"}),
    Free("최종 답: B", "B", "'final answer'", {"A": "갑상선", "B": "부갑상선", "C": "부신", "D": "췌장"}),
    Free("A는 부작용이 많고 C는 금기이므로 B를 선택하는 것이 옳다. 답: B", "B", "A and C refuted", {"A": "아미오다론", "B": "메토프롤롤", "C": "베라파밀", "D": "디곡신"}),
    Free("따라서 가장 적절한 답은 **E**입니다. 나머지 보기(A~D)는 증상과 맞지 않습니다.", "E", "range of the others behind", {"A": "위염", "B": "담낭염", "C": "췌장염", "D": "장염", "E": "충수염"}),
    Free("D번은 틀렸고, C번이 맞습니다. 그러므로 정답은 C번입니다.", "C", "D wrong, C right", {"A": "골절", "B": "탈구", "C": "염좌", "D": "타박상"}),
    # --- thoughts in the models' own formats ---
    Free("[THINK]Perhaps the answer is A.[/THINK]B", "B", "Magistral's brackets", MIGRAINE),
    Free("analysisFever, stiff neck.assistantfinal**B**", "B", "gpt-oss where a server drops the channel marks", MIGRAINE),
    Free("## Thinking\n\nThe patient has wheeze, so maybe A. Hmm, but the infiltrate and the fever speak against it. The answer is A? No.\n\n## Final Response\n\nThe most likely diagnosis is **C. Pneumonia**, because of fever, crackles and an infiltrate.", "C", "HuatuoGPT layout", ASTHMA),
    Free("[THINK]Could be D. BNP is normal, so D is out. The answer might be B, but he never smoked.[/THINK]\n\n**Answer: A**", "A", "Magistral brackets, more lines", ASTHMA),
    Free("<|channel|>analysis<|message|>Hunger hormone. The answer is C? No, leptin is satiety.<|end|><|start|>assistant<|channel|>final<|message|>**D. Ghrelin**<|return|>", "D", "gpt-oss channel marks", INSULIN),
    Free("analysisRaises glucose, alpha cells. Option A lowers it.assistantfinalAnswer: B", "B", "marks dropped", INSULIN),
    Free("### Reasoning\nHaemorrhagic shock class IV. Ringer first? A would be given at once, but the loss is more than 40 %.\n\n### Final Answer\nC", "C", "'## Final Answer' heading after thinking", {"A": "Ringer", "B": "Albumin", "C": "Blood", "D": "Plasma"}),
    Free("[THINK]Either B or D. Let me recall the table of the tumour markers before I", None, "unclosed bracket thought", {"A": "CEA", "B": "AFP", "C": "PSA", "D": "CA 19-9"}),
    Free("◁think▷Swelling of the parotid before puberty, orchitis afterwards. Answer A?◁/think▷**C**", "C", "Kimi's marks", {"A": "Measles", "B": "Rubella", "C": "Mumps", "D": "Pertussis"}),
    Free("<seed:think>A is renal. B is hepatic. D is neither.</seed:think>Final answer: **D**", "D", "Seed's marks", {"A": "Ramipril", "B": "Rifampicin", "C": "Lithium", "D": "Atracurium"}),
    Free("## Thinking\n\nB or C. Probably B.\n\n## Final Response\n\nThe answer is C. Bupropion lowers the threshold for seizures.", "C", "thought and response differ", {"A": "Sertraline", "B": "Mirtazapine", "C": "Bupropion", "D": "Citalopram"}),
    # --- tags for an answer ---
    Free("<final_answer>B</final_answer>", "B", "a letter alone in a tag", MIGRAINE),
    Free("<choice>B</choice>", "B", "a letter alone in a tag", MIGRAINE),
    Free("<final>C</final>", "C", "tag final", MIGRAINE_2),
    Free("<option>A</option>", "A", "tag with label", MIGRAINE_2),
    Free("<final_answer>D) Duodenum</final_answer>", "D", "tag with letter and text", ILEUM),
    Free("<explanation>The ileum (A) absorbs B12. The duodenum (D) absorbs iron. Water is absorbed here.</explanation>\n<choice>B</choice>", "B", "tag after explanation about others", ILEUM),
    Free("<ANSWER>E</ANSWER>", "E", "tag in capitals", {"A": "1", "B": "2", "C": "3", "D": "4", "E": "5"}),
    Free("<correct_answer>D</correct_answer>", "D", "tag", {"A": "Jejunum", "B": "Ileum", "C": "Caecum", "D": "Rectum"}),
    Free("<letter>C</letter>", "C", "tag", {"A": "Pia", "B": "Dura", "C": "Arachnoid", "D": "Skull"}),
    Free("<result>B</result>", "B", "tag", {"A": "Tea", "B": "Milk", "C": "Water", "D": "Juice"}),
    Free("<selected_option>E</selected_option>", "E", "tag; the option text ends with the same letter", {"A": "IgG", "B": "IgM", "C": "IgA", "D": "IgD", "E": "IgE"}),
    Free("<Final_Answer>A. Measles</Final_Answer>", "A", "mixed case, letter and text in the tag", {"A": "Measles", "B": "Mumps", "C": "Rubella", "D": "Roseola"}),
    # --- answer sentences of other languages ---
    Free("La opción correcta es la B.", "B", "a reader of the language is sure", MIGRAINE),
    Free("A alternativa correta é a letra B.", "B", "a reader of the language is sure", MIGRAINE),
    Free("Réponse : la proposition B", "B", "a reader of the language is sure", MIGRAINE),
    Free("答えはBです。", "B", "a reader of the language is sure", MIGRAINE),
    Free("【答案】B", "B", "a reader of the language is sure", MIGRAINE),
    Free("选项B最符合。", "B", "a reader of the language is sure", MIGRAINE),
    Free("La respuesta correcta es la D.", "D", "Spanish", NEUMON_A),
    Free("La opción B no es correcta, ya que no hay sibilancias. Respuesta: A", "A", "Spanish label with another option negated before", NEUMON_A),
    Free("Gabarito: D", "D", "Portuguese Gabarito", APENDICITE),
    Free("Portanto, a resposta correta é a alternativa B.", "B", "Portuguese sentence", APENDICITE),
    Free("La bonne réponse est la réponse C.", "C", "French", {"A": "Infarctus", "B": "Péricardite", "C": "Embolie pulmonaire", "D": "Pneumothorax"}),
    Free("La respuesta no es la A ni la C. Por lo tanto, la opción correcta es la D.", "D", "Spanish, two negated", {"A": "Asma", "B": "Bronquitis", "C": "Neumonía", "D": "Embolia"}),
    Free("Respuesta: la alternativa B, porque el lactante no tiene fiebre.", "B", "Spanish, alternativa", {"A": "Otitis", "B": "Cólico", "C": "Meningitis", "D": "Sepsis"}),
    Free("Logo, a alternativa correta é a (C).", "C", "Portuguese", {"A": "Rim", "B": "Fígado", "C": "Baço"}),
    Free("A resposta certa é D, pois as alternativas A, B e C não explicam a febre.", "D", "Portuguese; the leading 'A' is an article", {"A": "Gripe", "B": "Dengue", "C": "Zika", "D": "Malária"}),
    Free("La proposition A est inexacte, la proposition B aussi. La réponse est donc la C.", "C", "French", {"A": "Foie", "B": "Rate", "C": "Rein", "D": "Estomac"}),
    # --- the parts (a), (b) of a question ---
    Free("Each cell first holds 40, then 20. Therefore, the answer is: a) 20 chromatids after the first division and", None, "cut off after 'a)'", {"A": "a) 20, b) 10", "B": "a) 10, b) 20", "C": "a) 40, b) 20", "D": "a) 20, b) 40"}),
    Free("The somatic cell has 46 and the gamete 23. Therefore, the answer is: a) 46 chromosomes in the liver cell and b)", None, "cut off after b)", A_B),
    Free("A liver cell is diploid and a sperm cell haploid, so the answer is a) 46, b) 23.", "A", "full text of one option", A_B),
    Free("For a) we count 92 chromatids; for b) we count 46. The answer is (C).", "C", "letter stated behind sub-questions", A_B),
    Free("(a) q = 0.4 since q2 = 0.16.\n(b) p = 1 - 0.4 = 0.6.\n\nThe answer is (D).", "D", "sub-parts solved, then letter", {"A": "(a) 0.2 (b) 0.5", "B": "(a) 0.4 (b) 0.5", "C": "(a) 0.2 (b) 0.6", "D": "(a) 0.4 (b) 0.6"}),
    Free("a. The heart has three chambers: false.\nb. The heart has valves: true.\n\nAnswer: B", "B", "sub-statements, letter behind", {"A": "a. true, b. false", "B": "a. false, b. true", "C": "a. true, b. true", "D": "a. false, b. false"}),
    Free("A spermatid of this newt is haploid and its neuron diploid. So the answer is: a) 12 chromosomes in the spermatid, b)", None, "cut off after b)", A_B_2),
    Free("Part a) gives 24 and part b) gives 12, which is option (B).", "B", "parts, then the option", A_B_2),
    Free("(a) 48\n(b) 24\n\nFinal answer: D", "D", "parts listed, then the letter", A_B_2),
    Free("The answer is a) 24, b) 48.", "C", "the text of an option that begins with a)", A_B_2),
    Free("a) 12 and b) 24. Therefore, (A).", "A", "parts and then the letter", A_B_2),
    # --- the other options, listed behind the answer ---
    Free("Only E fits, the capsule of the germ. The other options are associated with other germs: A) a wheel is seen in smears of one, B) charcoal agar grows another, C) desert sand harbours a third.", "E", "A is taken", {"A": "Wheel in the smear", "B": "Charcoal agar", "C": "Desert sand", "D": "Soap bubbles", "E": "Capsule of sugar"}),
    Free("The picture is that of end-stage fibrosis, so E is the answer. The other options are seen in other diseases: A) an air crescent in aspergilloma, B) a ring shadow in abscess, C) tree-in-bud in tuberculosis, D) crazy paving in proteinosis.", "E", "'other options'", {"A": "Air crescent", "B": "Ring shadow", "C": "Tree-in-bud", "D": "Crazy paving", "E": "Honeycombing"}),
    Free("Answer: C\n\nIncorrect options:\nA) Kegel exercises were tried before.\nB) Oxybutynin is for urge incontinence.\nD) A pessary was not tolerated.", "C", "'Incorrect options:' list behind the answer", {"A": "Kegel exercise", "B": "Oxybutynin", "C": "Surgery", "D": "Pessary"}),
    Free("The correct answer is A.\n\nWhy the others are wrong:\nB: one vessel leaves the heart.\nC: the axis would be to the left.\nD: a snowman shape is seen.", "A", "'Why the others are wrong'", {"A": "Tetralogy of Fallot", "B": "Truncus arteriosus", "C": "Tricuspid atresia", "D": "TAPVR"}),
    Free("I would say D, as the nodes are matted. Other options: A) Adenoma: benign and small. B) Carcinoma: hard and fixed. C) Hamartoma: popcorn calcification.", "D", "'Other options' with labels alone", {"A": "Adenoma", "B": "Carcinoma", "C": "Hamartoma", "D": "Lymphoma"}),
    Free("B is correct. As for the other options, A is the commonest in the shoulder, C is rare in the hip and D does not occur.", "B", "'As for the other options'", {"A": "Anterior", "B": "Posterior", "C": "Medial", "D": "Lateral"}),
    Free("It has to be D, doctor. Not chosen: A (too early), B (too late), C (too risky).", "D", "not chosen", {"A": "Today", "B": "In a month", "C": "By open surgery", "D": "Laparoscopically in a week"}),
    Free("I picked A. Rejected: B) no fever C) no murmur D) no rash E) no node", "A", "rejected", {"A": "Scurvy", "B": "Endocarditis", "C": "Rheumatic fever", "D": "Measles", "E": "Kawasaki disease", "F": "Dengue", "G": "Leptospirosis", "H": "Brucellosis", "I": "Typhus", "J": "Malaria"}),
    Free("Best answer: C\n\nDistractors explained:\nA) found in type 1 only\nB) found in neither\nD) found in both", "C", "distractors", {"A": "Ketoacidosis", "B": "Low HbA1c", "C": "Insulin resistance", "D": "Thirst"}),
    Free("The answer is E; eliminated options: A. Prazosin, B. Minoxidil, C. Hydralazine, D. Reserpine.", "E", "eliminated options with their texts", {"A": "Prazosin", "B": "Minoxidil", "C": "Hydralazine", "D": "Reserpine", "E": "Methyldopa"}),
    Free("**Answer: A**\n\n**Incorrect answers**\n* **B** - the nerve is intact.\n* **C** - the vessel is patent.\n* **D** - the bone is whole.", "A", "'Incorrect answers' as heading", {"A": "Muscle", "B": "Nerve", "C": "Vessel", "D": "Bone"}),
    # --- refusals ---
    Free("I cannot answer this question; please consult a qualified clinician. Pulmonary embolism is one possibility among many.", None, "refusal naming one option", {"A": "Pulmonary embolism", "B": "Pneumonia", "C": "Pleurisy", "D": "Costochondritis"}),
    Free("I'm not a doctor, but the answer is B.", "B", "disclaimer, then an answer", ASPIRIN),
    Free("As an AI language model, I cannot give medical advice. However, based on the findings in the vignette, the most appropriate choice is (B).", "B", "AI disclaimer, however", ASPIRIN),
    Free("Cannot be determined from the options given.", None, "cannot be determined", ASPIRIN),
    Free("There is not enough information to choose between the options. The image mentioned in the question was not provided.", None, "not enough information", {"A": "5 %", "B": "10 %", "C": "15 %", "D": "20 %"}),
    Free("I'm unable to provide a diagnosis. Ectopic pregnancy is an emergency, so please go to the nearest hospital if you have severe pain.", None, "refusal, an option named in the advice", APPENDICITIS),
    Free("I am not a medical professional, so take this with a grain of salt: B.", "B", "caveat, then an answer", {"A": "Appendicitis", "B": "Ectopic pregnancy", "C": "Ovarian torsion", "D": "Diverticulitis", "E": "Pelvic inflammatory disease", "F": "Endometriosis", "G": "Fibroids", "H": "Cystitis", "I": "Volvulus", "J": "Renal colic"}),
    Free("As a large language model I do not have access to the image. Still, judging by the description, option C is the best fit.", "C", "caveat, then an answer", APPENDICITIS),
    Free("The answer cannot be determined without the result of the pregnancy test.", None, "abstention", APPENDICITIS),
    Free("Unfortunately, the exhibit is missing, and without it any choice would be a guess. I'd rather not guess.", None, "abstention", {"A": "Wave 1", "B": "Wave 2", "C": "Wave 3", "D": "Wave 4", "E": "Wave 5"}),
    # --- thoughts, closed and unclosed ---
    Free("<think>Let me see. Acute joint, fever. \\boxed{A} no wait, the Gram stain is", None, "unclosed thought with a box", SEPSIS),
    Free("<think>\nThe answer is A. Hmm, wait: crystals were seen. So B.\nActually could both be present? The question wants one.\n</think>\n\n**Answer: B**", "B", "closed thought, answer follows", SEPSIS),
    Free("<think>\nOkay, so the patient drinks beer and has a swollen toe. The answer is B. But let me double-check each of the options. Option A would need fever. Option C would need an injury. Option D", None, "unclosed thought that states an answer", SEPSIS),
    Free("Alright, he fell from a ladder. First I thought the answer is A.\n</think>\n\nC", "C", "missing opening tag", SEPSIS),
    Free("[THINK]Catecholamines. \\boxed{A}? No, that's aldosterone.[/THINK]The answer is \\boxed{D}.", "D", "[THINK] with a boxed letter inside", {"A": "Zona glomerulosa", "B": "Zona fasciculata", "C": "Zona reticularis", "D": "Medulla"}),
    Free("<think>D? \\boxed{D}. No wait, the ferritin", None, "unclosed", {"A": "Iron deficiency", "B": "Lead poisoning", "C": "Thalassaemia", "D": "Anaemia of chronic disease"}),
    Free("<think></think>\n\nThe answer is C.", "C", "empty thought", {"A": "Hip", "B": "Knee", "C": "Ankle"}),
    Free("<thinking>A and B are benign. \\boxed{B}? Hmm.</thinking>\n\\boxed{D}", "D", "boxed in both", {"A": "Naevus", "B": "Lentigo", "C": "Keratosis", "D": "Melanoma"}),
    Free("<reasoning>Final answer: A. Wait, he's allergic.</reasoning>Final answer: B", "B", "reasoning tag", {"A": "Amoxicillin", "B": "Clarithromycin", "C": "Cefaclor", "D": "Ampicillin"}),
    Free("<thought>\nThe answer is C since the pupil is spared.\n</thought>\n\n**C**", "C", "thought tag", {"A": "Aneurysm", "B": "Tumour", "C": "Diabetes", "D": "Trauma"}),
    # --- other languages ---
    Free("患者长期卧床，突发呼吸困难，D-二聚体升高，故选C。", "C", "Chinese 'hence choose C'", OPTIONS),
    Free("**答案：B**\n\n解析：A为发热咳痰，C为突发胸痛，D为叩诊鼓音，均不符合。", "B", "Chinese bold answer and explanations behind", OPTIONS),
    Free("正确答案为ACD。", None, "Chinese several", {"A": "肺炎", "B": "哮喘", "C": "肺栓塞", "D": "气胸", "E": "胸膜炎"}),
    Free("因此，正確答案是 D。", "D", "traditional characters", OPTIONS),
    Free("B超示阑尾肿大。所以本题答案为（A）。", "A", "full-width brackets, B超 before", {"A": "阑尾炎", "B": "胆囊炎", "C": "胰腺炎", "D": "肠梗阻"}),
    Free("综合考虑，患者应首选手术治疗，即选项D。", "D", "'that is option D'", {"A": "观察", "B": "抗生素", "C": "穿刺", "D": "手术"}),
    Free("A、C均为良性，故排除；D病程太短。因此正确答案为B。", "B", "conclusion after exclusions", {"A": "囊肿", "B": "腺癌", "C": "脂肪瘤", "D": "肉瘤"}),
    Free("答：选E。理由如下：A型肉毒毒素用于痉挛，B族维生素用于神经炎。", "E", "letters joined to words behind the answer", {"A": "A型肉毒毒素", "B": "B族维生素", "C": "激素", "D": "抗病毒药", "E": "卡马西平"}),
    Free("答案：A、C", None, "two letters", {"A": "阿司匹林", "B": "华法林", "C": "肝素", "D": "维生素K"}),
    Free("本题选「C」。", "C", "corner brackets", {"A": "心", "B": "肝", "C": "脾"}),
    # --- loops, summaries and further questions ---
    Free(" Subacute combined degeneration is due to a lack of cobalamin. The answer is (C).\n\nNow let us summarise all the answers:\n\n1. B\n2. C\n3. A\n4. D", "C", "summary of other questions behind", {"A": "Vitamin A", "B": "Vitamin B6", "C": "Vitamin B12", "D": "Vitamin E"}),
    Free("The answer is (A).\n\nQuestion: Which bone is broken most often at birth?\nA. Rib\nB. Sternum\nC. Clavicle\nD. Scapula\nAnswer: Let's think step by step. The answer is (C).\n\nQuestion: Which bone holds the glenoid?\nA. Rib\nB. Sternum\nC. Clavicle\nD. Scapula\nAnswer: Let's think step by step. The answer is (D).\n\nQuestion: Which bone", "A", "ten own questions in a row", {"A": "Rib", "B": "Sternum", "C": "Clavicle", "D": "Scapula"}),
    Free("Trousseau's sign and Chvostek's sign are both positive. The answer is (", None, "cut off behind 'The answer is ('", SODIUM),
    Free("Let's go through the options.\n\nA. Sodium: normal.\nB. Potassium: normal.\nC. Calcium: low, but it was replaced. \nD. Magnesium: has to be", None, "cut off in an option list", SODIUM),
    Free("The sister of an affected child is a carrier with a chance of 2/3. Her partner is a carrier with a chance of 1/40. So the risk is 2/3 x 1/40 x", None, "cut off in a calculation", {"A": "1 in 4", "B": "1 in 8", "C": "1 in 16", "D": "2 in 3"}),
    Free("The answer is (D).\n\nNow let us summarise all the answers:\n1. B\n2. A\n3. C\n4. A\n5. D", "D", "summary of other questions", {"A": "Ear", "B": "Nose", "C": "Throat", "D": "Eye", "E": "Lung", "F": "Heart", "G": "Liver", "H": "Kidney", "I": "Skin", "J": "Bone"}),
    Free("Therefore, the most likely diagnosis is", None, "cut off before the answer", {"A": "Gout", "B": "Sepsis", "C": "Trauma", "D": "Pseudogout"}),
    Free("Step 1: the patient is in shock.\nStep 2: she has had a bee sting.\nStep 3: select the", None, "cut off", {"A": "Adrenaline", "B": "Hydrocortisone", "C": "Chlorphenamine", "D": "Salbutamol"}),
    Free("A. Fracture of the femur: would shorten the leg.\nB. Fracture of the pelvis: would be unstable.\nC. Dislocation of the hip: leg turned inwards, which she", None, "cut off in the list", {"A": "Fracture of the femur", "B": "Fracture of the pelvis", "C": "Dislocation of the hip", "D": "Contusion"}),
    Free("The answer is (B).\n\n(C) 2019 Medical Training Ltd. All rights reserved.", "B", "(C) is a copyright mark", {"A": "Yaws", "B": "Syphilis", "C": "Pinta", "D": "Leprosy"}),
    # --- what read right before ---
    Free("\\boxed{C}", "C", "boxed", PONS),
    Free("The final answer is: $\\boxed{\\text{C}}$", "C", "boxed text in LaTeX", PONS),
    Free("**Answer:** D", "D", "bold label", PONS),
    Free("<answer>A</answer>", "A", "tag", PONS),
    Free("The answer is (B).", "B", "sentence", PONS),
    Free("Therefore, $\\boxed{\\textbf{(B)}}$.", "B", "LaTeX", {"A": "Bile", "B": "Urine", "C": "Sweat", "D": "Tears"}),
    Free("\\[ \\boxed{D} \\]", "D", "display LaTeX", {"A": "2", "B": "4", "C": "6", "D": "8"}),
    Free("{\"answer\": \"A\", \"explanation\": \"B and C are seen in adults.\"}", "A", "JSON with an explanation behind", {"A": "Wilms tumour", "B": "Renal cell carcinoma", "C": "Oncocytoma", "D": "Angiomyolipoma"}),
    Free("**Answer:** B\n**Confidence:** 85%", "B", "confidence behind", {"A": "Scabies", "B": "Lice", "C": "Fleas", "D": "Bedbugs"}),
    Free("（Ｃ）", "C", "full width", {"A": "Sun", "B": "Moon", "C": "Star"}),
    Free("该患者病程不符,故选D。", "D", "a 'not' of the clause before denies nothing", OPTIC_NERVE),
    Free("综上，不应选D。", None, "Chinese denial", OPTIC_NERVE),
    Free("Somit ist Antwort C richtig.", "C", "German, the verb before its subject", OPTIC_NERVE),
    Free("Me quedo con la B.", "B", "Spanish choice", OPTIC_NERVE),
    Free("Option B would be right for this patient.", "B", "right for this patient", OPTIC_NERVE),
    Free("Nor is it the optic nerve (A).", None, "nor", OPTIC_NERVE),
]
# fmt: on
