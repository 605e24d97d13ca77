"""The words in the demo's documents."""

OUTLINE = """\
Tides in the harbour of Port Ellan, 1911-2021
Outline, second draft

1  How the gauge came to the north pier, and who read it
2  What the ledgers say, and where they contradict each other
3  The years without a reading
4  A level for the new quay

To do: ask the harbour office for the ledger of 1944.
"""

CHAPTER_1 = """\
1  The gauge on the north pier

In the spring of 1911 the harbour board of Port Ellan bought a float gauge from a
clockmaker in Aldermouth and had it bolted into a dry well at the end of the north pier.
The bill survives: eleven pounds for the instrument, two for the drum paper, and four
shillings to the boy who was to change the paper every Monday before eight.

The boy, Tom Arden, did so for fifty-three years. His hand is on all but nine of the
2,756 weekly sheets that the museum keeps today, and where the float stuck in the ice
he drew the curve himself, in pencil, from what he saw on the steps.

This chapter describes the instrument, the well and the zero to which it was set. It
ends with the question on which everything after it rests: whether the pier itself has
moved.
"""

CHAPTER_1_REVISED = CHAPTER_1.replace("eleven pounds", "eleven guineas") + """\

A levelling of 1938, found last week in the papers of the county surveyor, answers it in
part. Between the church and the pier head he measured a fall of 3.214 m. The same two
marks were 3.221 m apart in 2019: seven millimetres in eighty-one years, which is less
than the thickness of Tom Arden's pencil line.
"""

CHAPTER_2 = """\
2  Two ledgers

The harbour master copied every high water into a ledger of his own. For most years the
ledger and the drum sheets agree to within an inch. In the winter of 1926 they do not:
for eleven weeks the ledger runs a full hour ahead.

The simplest reading is that the office had been wired for electric light that November
and its clock had stopped for an hour on the day the current came.
"""

CHAPTER_3 = """\
3  The years without a reading

(notes only) 1944: no sheets from 3 May to 30 August. Pier closed to civilians.
"""

LETTER = """\
Dear Mr Holloway,

the tap in the kitchen still drips. I counted: forty drops a minute, which makes about
four cubic metres a year. Could you send somebody before the end of the month?

With kind regards,
Ana Weir
"""

ACCOUNTS = """\
date,what,amount
2024-01-04,train to Aldermouth,-18.40
2024-01-19,copies from the county archive,-32.00
2024-02-02,grant of the harbour trust,1500.00
2024-03-15,scanner,-219.00
"""

ACCOUNTS_MORE = ACCOUNTS + """\
2024-05-09,levelling staff (hire),-45.00
2024-05-11,second-hand drum sheets,-12.50
"""

TODO = "- ask about the ledger of 1944\n- kitchen tap\n- back up the thesis!\n"

INDEX_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Port Ellan tides</title></head>
<body>
<h1>Port Ellan tides</h1>
<p>High water today: 06:41 and 19:03.</p>
</body>
</html>
"""

INDEX_PAGE_CHANGED = INDEX_PAGE.replace("06:41 and 19:03", "11:57 and no second one")

HOSTS = "# names this machine knows without asking\r\n127.0.0.1 localhost\r\n10.20.0.5 db01\r\n"

WIN_INI = "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n"

RANSOM_NOTE = """\
ALL YOUR DOCUMENTS ARE LOCKED

Do not rename them. Do not call anybody. Send 2 coins to the address below.
(An example for hvrestore: the documents of the two checkpoints are unharmed.)
"""

DOCUMENT_XML = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
{paragraphs}
</w:body></w:document>
"""

CONTENT_TYPES_XML = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
</Types>
"""

RELATIONS_XML = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>
</Relationships>
"""
