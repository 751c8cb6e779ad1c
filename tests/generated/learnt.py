"""What a report draws of a learnt function.

    learnt.py PAGE line|bands SAMPLES     prints ok or not ok"""
import re
import sys

page, kind, samples = sys.argv[1], sys.argv[2], int(sys.argv[3])
text = open(page, encoding='utf-8').read()
part = text[text.index('<h2 id="learnt">'):]
part = part[:part.index('</section>')]
circles = part.count('<circle class="sample')
good = circles == samples
if kind == 'line':   # of a straight line every point is between the ends
    points = [(float(x), float(y)) for x, y in re.findall(r'[ML]([\d.]+) ([\d.]+)', re.search(r'class="curve c0" d="([^"]*)"', part)[1])]
    (x0, y0), (x1, y1) = points[0], points[-1]
    good = good and len(points) == 240 and all(abs(y0 + (y1 - y0) * (x - x0) / (x1 - x0) - y) < 0.2 for x, y in points) and y0 > y1 + 100
else:   # exclusive or: dark at two opposite corners, light at the others
    areas = [(float(o), *(float(v) for v in box)) for o, *box in re.findall(r'fill-opacity="([\d.]+)" d="M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)', part)]
    marks = [(name, float(x), float(y)) for name, x, y in re.findall(r'<circle class="sample ?(\w*)" cx="([\d.]+)" cy="([\d.]+)"', part)]
    for name, x, y in marks:
        inside = [o for o, left, top, right, bottom in areas if left <= x <= right and top <= y <= bottom]
        good = good and inside and (inside[0] > 0.4) == (name == 'high')
    good = good and sorted(m[0] for m in marks) == ['high', 'high', 'low', 'low']
print('%s learnt:%s' % ('ok' if good else 'not ok', kind), '' if good else '%d circles' % circles)
