"""Is this string of letters a word? A quote's odd word is a misspelling only when it is none.

Three sources, because no list of English knows the clinic: the English list of `pyspellchecker` (160,000 forms), a
list of drugs, eponyms and Latin below, and a grammar of clinical words: what falls apart into known combining forms and
ends in a known suffix is a word ("thrombo-cyto-penia"), whether anybody has listed it or not. It says yes too often
rather than too seldom: a look-alike taken for a misspelling is worse than a misspelling not forgiven.
"""

from functools import cache, lru_cache

_PREFIXES = """
ab ad ante anti auto bi brady circum co contra counter de des dextro di dia dis dys ecto endo ento epi eu ex extra
hemi hetero homo hyper hypo in infra inter intra intro iso juxta levo macro mal mega meso meta micro mono multi neo
non normo oligo ortho over pan para per peri poly post pre pro pseudo quadri re retro semi sub super supra sym syn
tachy tele tetra trans tri ultra un under uni
"""
_ROOTS = """
abdomin acanth acetabul acr act aden adip adren aer agglutin alb albumin aldosteron alg alve alveol ambly amni amyl
andr angi ankyl ant anter antr aort appendic arteri arteriol arthr articul astr ather atri aur auricul axill axon azot
bacter bacteri balan bar bas bil bilirubin blast blephar brachi bronch bronchi bronchiol bucc burs calc calcane calci
canth capn carb carcin cardi carp caud cec celi cell cellul cephal cerebell cerebr cervic cheil chem chlor chol
cholangi cholecyst choledoch cholesterol chondr chondrion chor chori chrom chron cili cis clast clavicul coagul coccyx
col colon colp condyl conjug conjunctiv copr corne coron corp cort cortic cost coxa crani cren crin cry crypt cubit
cutane cyan cycl cyst cyt dacry dactyl dent derm dermat diastol digit dilat dips dist dors duct duoden dur dynam ectas
edem electr embol embry emes encephal enter eosin eosinophil epiglott epithel epitheli erythem erythr esophag esthes
esthesi fasci femor ferr fet feto fibr fibrin fibul flex frac front fund fung galact gangli gastr gen genit germin
gest gingiv glauc glen gli glob globulin glomerul gloss glott gluc glyc gnath gon gonad gran granul gravid gyn gynec
haem haemat hal hem hemat hepat herni hiat hidr hist hormon humer hydr hymen hyster iatr icter idi ile ili immun
infund inguin insul irid isch ischem ischi jejun kal kall kary kerat ket kin kinesi kinet kyph labi lacrim lact lamin
lapar laryng later leiomy lent leuc leuk leukem ligament lingu lip lipid lipoprotein lith lob lord lumb lumin lute lymph
lymphaden lymphangi lys malac malle mamm mandibul mast mastoid maxill meat medi mediastin medull megal melan men
mening menisc menorrh ment metr morph muc muscul my myc myel myelin myocardi myometr myring myx narc nas nat natr necr
nephr nephrol neur neutr neutrophil nod nodos nucle nyct ocul odont odyn olecran oment omphal onc onych ooph oophor
ophthalm opt or orbit orch orchi orchid orth os osm osse oste ot ov ovari ovul ox palat palm palpebr pancreat papill
par parathyr pariet part pat patell path pect ped pelv pen pept perine peritone perone petr phac phag phak phalang
pharyng phas phe phil phim phleb phob phon phor phosph phosphat phot phren phys pigment pil pituitar placent plant
plas plasm plasma plast platelet plec pleg pleur plex pnea pneum pneumon pod poie pois polyp poplit por port prandi
prim proct prostat protein proxim prurit psych pub pudend pulm pulmon pupill purpur py pyel pylor pyr quadr rachi radi
radicul ramp ren respir reticul retin rhabd rhabdomy rhin rhythm rot rrh rrhag rub sacr saliv salping sangu sarc
scapul schist schiz scler scolio scop scot scrot seb semin sensor seps sept septic ser sial sider sigmoid sin sinus
somat somn spasm sperm spermat sphen spher sphinct sphygm spin spir splen spondyl squam staped staphyl stat steat sten
stern steth sthen stom stomat strept styl synov systol tars tempor ten tend tendin tens tension terat test tetan
thalam thalass thel therm thorac thromb thym thyr thyroid tibi toc tom ton tonsill top tox toxic trabecul trache trich
triglycerid trochle trop troph tub tubercul tympan typhl uln umbilic ungu ur uran ure uret ureter urethr uric urin
uter uve uvul vag vagin valv vas vascul ven ventil ventr ventricul verm vertebr vesic vesicul vestibul vil vir viscer
vit vitr volem vulv xanth xer zo zyg zygomat
"""
_SUFFIXES = """
a ac ade aemia aemic agogue al algesia algesic algia an ar ary ase ate ation blast blastoma capnia capnic carcinoma
cele centesis cidal cide clasia clasis coccal cocci coccus crine crit cyte cytes cytic cytoma cytopenia cytosis
cytotic derma desis dipsia drome dynia e ea eal ectasia ectasis ectatic ectomies ectomy edema ema emesis emia emic
ence ency ent eous er esis esthesia etic eum eus form gen genesis genic genous gram grams graph graphic graphy iac ial
ian ias iasis iatric iatry ic ical ics ies ile ine ing ion iosis is ism ismus ist ite itic itides itis ity ium ius
ization kalemia kalemic kinesia lalia lepsy leptic lith lithiasis lithotomy lithotripsy logic logical logist logy
lysin lysis lytic malacia mania megaly meter metry mimetic morphic motor mycosis natremia natremic necrosis oid oidal
oma omas omata opia opsia opsy or ory osa oses osis osity ostomies ostomy otic otomies otomy ous oxia oxic paresis
paretic parous pathic pathies pathy penia penic pepsia petal pexy phage phagia phagic phasia phasic phil philia philic
phils phobia phobic phoresis phoria phrenia phrenic phylaxis physis phytosis plakia plasia plasm plastic plasty plegia
plegic pnea pneic poiesis poietic prandial praxia privia ptosis ptotic ptysis rrhage rrhagia rrhagic rrhaphy rrhea
rrheic rrhexis rrhoea schisis sclerosis sclerotic scope scopic scopies scopy sis somatic some somes somy spadias spasm
spastic stalsis stasis static stenosis stenotic stomies stomy tension tensive thorax thymia thyroid tic tocia tocic
tocin tome tomies tomy toxic toxicity toxin tripsy trophic trophy tropia tropic tropin type ular ule uli um uresis
uretic uria uric us vascular version volemia volemic zoa zoon
"""
# INN stems: a word that ends in one may be the name of another drug ("-olol", "-pril").
_DRUG_ENDINGS = tuple(
    """
    ase azepam azine azolam azole azoline azone bactam barbital caine cef cillin conazole cycline cyclovir dipine
    dronate ercept fibrate floxacin formin gliflozin gliptin glutide grel idone imab imus ipramine lukast mab micin
    mustine mycin navir navudine nidazole olol olone oprazole orphan osin oxacin oxetine pamil parin penem perone
    phylline plase platin poetin prazole pressin pril prilat profen quine relix rifene rubicin rudin sartan semide
    setron sone sonide spirone statin steride sulfa sulfan sulfide tadine taxel terol thiazide thiouracil tidine tinib
    toin trexate trexed triptan triptyline tropium uracil urea uridine vaptan vastatin vir virine vudine xaban zepam
    zolid zomib zosin
    """.split()
)
_LISTED = """
acanthosis acarbose acetaminophen acetazolamide acetylation acetylcysteine acromial acromion acyclovir adalimumab
addison adenosine adenylate adnexa adnexal aeruginosa albicans albuterol alendronate allogeneic allograft allopurinol
alprazolam alteplase amantadine amiloride aminophylline amiodarone amitriptyline amlodipine amoeba amoxapine
amoxicillin amphotericin ampicillin amyotrophic anaphylactic anastrozole angiotensin anisakis anthracycline antigen
antithrombin apixaban apoptosis apoptotic aripiprazole ascaris ascites ascitic aspartate aspergillus aspirin asthenia
atenolol atopic atorvastatin atresia atropine autosomal azathioprine baclofen bartonella basilar benzodiazepine
benztropine bilirubin biofilm bisacodyl bisoprolol bordetella borrelia bosentan brachial brachialis bradykinin
branchial brevis bromocriptine brucella bruit bruits budesonide bumetanide buprenorphine bupropion burkholderia
buspirone busulfan cabergoline cachectic calcitonin calcitriol calculi calculus calyces candida candidiasis captopril
carbamazepine carbidopa carboplatin carvedilol catheter catheterization cecum cefaclor cefadroxil cefazolin cefdinir
cefepime cefixime cefotaxime cefotetan cefoxitin cefprozil ceftaroline ceftazidime ceftriaxone cefuroxime celecoxib
cephalexin cesarean cetirizine chelation chlamydia chlorambucil chlordiazepoxide chloroquine chlorpheniramine
chlorpromazine chlorpropamide chlorthalidone cholecystokinin cholestyramine cholinergic chorea chylomicron cilostazol
cimetidine cirrhosis cisplatin citalopram citrulline clavulanate clobazam clomiphene clomipramine clonazepam clonic
clonidine clonus clopidogrel clostridioides clostridium clotrimazole clozapine coarctation cobalamin coccidioides
cochlear codeine colchicine colic colicky colitis colles coracoid coronoid coxsackie crepitus cretinism crohn cromolyn
cryoprecipitate cryptococcus cushing cyclobenzaprine cyclophosphamide cycloserine cyclosporine cyproheptadine cytokine
dabigatran danazol dantrolene dapsone daptomycin daunorubicin debridement deferasirox deferens deferiprone
deferoxamine deltoid desipramine desmopressin desmosome desvenlafaxine dexamethasone dexmedetomidine dextromethorphan
diazepam diazoxide diclofenac dicyclomine difficile digiti digitoxin digoxin diltiazem dimenhydrinate diphenhydramine
diphenoxylate dipyridamole disulfiram dobutamine docetaxel dofetilide donepezil dopamine doxapram doxazosin doxepin
doxorubicin doxycycline dronedarone droperidol dysentery dyslipidemia dyspareunia dyspnea dystrophin dystrophy
ecchymosis echocardiogram echocardiography eclampsia eczema edentulous edrophonium efavirenz effuse effusion embolism
embolus emphysema empyema emtricitabine enalapril enterobacter enterococcus ephedrine epinephrine epirubicin epistaxis
eplerenone epoprostenol ergotamine erythema erythematosus erythematous erythromycin erythropoietin escherichia
escitalopram esmolol estradiol estriol estrone eszopiclone etanercept ethacrynic ethambutol ethionamide ethosuximide
etidronate etomidate etoposide everolimus exenatide ezetimibe falciparum fallot famotidine felodipine fenofibrate
fentanyl ferritin fetalis fetoprotein fexofenadine fibroid finasteride fistula fistulas flecainide fluconazole
flucytosine fludrocortisone flumazenil fluoxetine fluphenazine flutamide fluticasone fluvoxamine folate folinic
fomepizole fumarate fumigatus fundal fundus furosemide gabapentin galantamine gambiense ganciclovir gemfibrozil
gentamicin giardia glimepiride glipizide glomeruli glucagon glutamate glutamine glutamyl glyburide glycated
glycopyrrolate gonorrhea gonorrhoeae granisetron gravis griseofulvin guaiac guaifenesin guanfacine guanylate
haemophilus haloperidol hapten haptoglobin helicobacter heparin hepcidin hernia herpangina herpes hiatal hiatus hilar
hilum histoplasma hodgkin hominis homocysteine huntington hydralazine hydrochlorothiazide hydrocodone hydrocortisone
hydromorphone hydroxyapatite hydroxychloroquine hydroxyurea hydroxyzine hyoid hypothenar ibuprofen idarubicin ileum
ileus ilium imatinib imipenem imipramine incisor indapamide indomethacin infarct infarction infliximab influenza
influenzae insipidus insulin ipratropium ipsilateral irbesartan irinotecan ischium isoniazid isoproterenol isosorbide
isotope isotretinoin itraconazole ivabradine ivermectin keloid keratin kernicterus ketamine ketoconazole ketoglutarate
ketorolac ketotifen klebsiella labetalol labour lactulose lacuna lacunar lamivudine lamotrigine lansoprazole
latanoprost leflunomide legionella leishmania leptospira letrozole leucovorin leukotriene leuprolide levetiracetam
levodopa levofloxacin levonorgestrel levothyroxine lichen lidocaine linezolid liothyronine liraglutide lisinopril
listeria lithium longus loperamide loratadine lorazepam losartan lovastatin lumbar lupus luteinizing lysosomal
lysosome macrolide macula macular macule macules maculopapular magnesium malaria malleolus malleus mannitol manubrium
marfan measles meatus mebendazole meclizine meconium medroxyprogesterone mefloquine megestrol melena mellitus
meloxicam melphalan memantine menarche meniere meninges meniscus meperidine mercaptopurine mesalamine mesenteric
mesentery metformin methadone methazolamide methicillin methimazole methotrexate methylation methyldopa
methylergonovine methylphenidate methylprednisolone methysergide metoclopramide metolazone metoprolol metronidazole
mexiletine midazolam mifepristone milrinone mineralocorticoid minocycline minoxidil mirtazapine misoprostol mitral
modafinil monoamine monophosphate montelukast moraxella morphine multiforme mumps mupirocin murmur muscarinic
mycophenolate mycoplasma myelinated nadolol naevus nafcillin naloxone naltrexone naproxen nateglinide nausea neisseria
neomycin neostigmine neurotransmitter nevus niacin nicardipine nicotinic nifedipine nimodipine nitrofurantoin
nitroglycerin nitroprusside nocardia nodal nodular nodule norepinephrine nortriptyline nuchal nystatin obturator
occipital occlusal occlusion octreotide ofloxacin olanzapine omentum omeprazole oncotic ondansetron orlistat
oseltamivir osmolality osmolarity osmotic ovale oxacillin oxaliplatin oxaloacetate oxazepam oxcarbazepine oxybutynin
oxycodone oxytocin paclitaxel palmar palonosetron palpable palpation palpitation palpitations palsy pamidronate
pancreas pancuronium pantoprazole papular papule papules paracetamol parkinson parotid paroxetine pathophysiology
pelvis pemphigoid pemphigus penicillamine penicillin pentamidine pentazocine pentobarbital pentoxifylline perfusion
perineum peritoneum permethrin peroneus petechiae petechial petrous phenelzine phenobarbital phenoxybenzamine
phentolamine phenylephrine phenytoin phosphorylation physostigmine pilocarpine pioglitazone piperacillin piroxicam
placenta plantar planus plaque plasminogen plasmodium pleura pneumoniae popliteal pralidoxime pramipexole prasugrel
pravastatin praziquantel prazosin prednisolone prednisone preeclampsia pregabalin pregnancy pregnant primaquine
primidone probenecid procainamide prochlorperazine promethazine propafenone propofol propranolol propylthiouracil
prostaglandin prostate prostrate proteus pruritic pruritus pseudomonas pterygoid ptosis pubis pulsus pustule pustules
pyknosis pylorus pyrazinamide pyridostigmine pyridoxine pyrimethamine pyruvate quadratus quadriceps quetiapine
quinidine quinine radial radialis radical radius rales raloxifene ramus ranitidine rasburicase raynaud rectal rectum
renal repaglinide reuptake reynolds rhonchi ribavirin rickettsia rifabutin rifampicin rifampin rifapentine rifaximin
risedronate risperidone rivaroxaban rivastigmine ropinirole rosacea roseola rosuvastatin rubella rubeola salbutamol
salmeterol salmonella saphenous sartorius saxagliptin scabies scapula scarlatina sclera selegiline sepsis septum
serratus sertraline sevelamer shigella sildenafil simvastatin sirolimus sitagliptin sjogren soleus sotalol sphincter
spironolactone splenius stapes staphylococcus stenosis sternum stoma strabismus streptococcus streptokinase
streptomycin stria striae stridor stroke stroma subclavian subluxation succinyl succinylcholine sucralfate
sulfadiazine sulfamethoxazole sulfasalazine sulfate sulindac sulphate sumatriptan supine sural sutural syncope
syndrome synovium syphilis tachypnea tacrolimus tadalafil tamoxifen tamponade tamsulosin tarsal temporal temporalis
tendinous tendon terazosin terbinafine terbutaline teriparatide tetanus tetany tetracycline tetralogy thalamus thenar
theophylline thiamine thioridazine thorax thrush thymine thymus thyroxine tiagabine tibia ticagrelor ticlopidine
timolol tinea tinidazole tizanidine tobramycin tolazamide tolbutamide tolterodine topiramate toremifene torsemide
trachea tramadol tranexamic transaminase transferrin transthyretin tranylcypromine trapezium trapezius trapezoid
trastuzumab trazodone triamcinolone triamterene triazolam trichinella trichomonas trihexyphenidyl trimethoprim trisomy
tropomyosin troponin trypanosoma tumour tunica typhoid typhus ulcer ulcers ulna ulnaris ureter ureteral ureteric
urethra urethral urokinase urticaria uterus uvea uvula vagal vaginalis vagus valacyclovir valganciclovir valgus
valproate valproic valsartan vancomycin vardenafil varenicline variceal varicella varices varicocele vasculature
vasculitis vasopressin vasopressor vecuronium venlafaxine ventral verapamil verruca vertigo vigabatrin villi villous
villus vinblastine vincristine vinorelbine viral virus viscus vivax vomer vomiting vomitus voriconazole vulgaris vulva
warfarin wheeze wheezes wheezing willebrand wilson wolff xiphoid yersinia zafirlukast zidovudine zileuton ziprasidone
zoledronic zolpidem zonisamide
"""
# What an English list may lack of a word it has.
_INFLECTIONS = (("s", ""), ("es", ""), ("es", "is"), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
                ("ly", ""), ("al", ""), ("er", ""), ("er", "e"), ("est", ""), ("ic", ""), ("ic", "ia"))  # fmt: skip
_LONGEST = 40
"""Letters: nothing longer is a word, nor worth taking apart."""


@lru_cache(maxsize=20_000)
def is_word(word: str) -> bool:
    """Whether a word is, or may be, a word of English or of the clinic.

    Args:
        word: Letters, case-folded.

    Examples:
        >>> [is_word(word) for word in ("urethral", "dysphasia", "chlorpropamide", "thrombocytopenia", "meningtis")]
        [True, True, True, True, False]
    """
    if len(word) > _LONGEST:
        return False
    listed = _listed()
    if word in listed or any(
        word.endswith(ending) and f"{word.removesuffix(ending)}{instead}" in listed for ending, instead in _INFLECTIONS
    ):
        return True
    stems = (word, word.removesuffix("s"), word.removeprefix("a"), word.removeprefix("an"))  # "aphagia", "anuria"
    return word.endswith(_DRUG_ENDINGS) or any(map(_is_composed, stems))


@cache
def _listed() -> frozenset[str]:
    # Imported on first use: the list takes a third of a second to read, and most quotes are verbatim.
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language="en").word_frequency.keys()) | frozenset(_LISTED.split())


@cache
def _forms() -> tuple[frozenset[str], frozenset[str]]:
    """Combining forms, with and without a linking vowel, and suffixes."""
    roots = _ROOTS.split()
    linked = (f"{root}{vowel}" for root in roots for vowel in "oi")
    return frozenset((*_PREFIXES.split(), *roots, *linked)), frozenset(_SUFFIXES.split())


def _is_composed(word: str) -> bool:
    """Whether combining forms and one suffix make up the word."""
    forms, suffixes = _forms()
    reached = [True] + [False] * len(word)  # reached[n]: the first n letters are combining forms
    for start in range(len(word)):
        if reached[start]:
            if start and word[start:] in suffixes:
                return True
            for end in range(start + 2, min(start + 11, len(word)) + 1):
                reached[end] = reached[end] or word[start:end] in forms
    return False
