using GpuGrants.Grants;
using GpuGrants.Tests.Quotas;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// Grants that live at random under limits on use: asked for, used late, in slices, beyond what was granted, corrected, voided, in outages,
/// suspended, topped up, extended, shrunk, started early, moved,
/// ended and settled. It keeps the rows that the service keeps, and leaves all arithmetic to the rules.
/// </summary>
internal sealed class LivedGrants(Quota quota, Random random, int graceSeconds)
{
    public static readonly DateTimeOffset Start = new(2026, 3, 27, 3, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Settlement = TimeSpan.FromHours(24);

    private readonly List<LivedGrant> _grants = [];

    public IReadOnlyList<LivedGrant> Grants => _grants;

    public List<UsageSpan> Outages { get; } = [];

    /// <summary>What was done so far, for whoever has to find out why a check failed.</summary>
    public List<string> Story { get; } = [];

    /// <summary>What the offer promised and did not get back: what it gave for awards, and for what was added to them.</summary>
    public long PromisedSeconds { get; private set; }

    public DateTimeOffset Now { get; private set; } = Start;

    private int NowMinute => (int)(Now - Start).TotalMinutes;

    public void Step()
    {
        switch (random.Next(20))
        {
            case <= 1:
                Ask();
                break;
            case <= 5:
                Report();
                break;
            case <= 8:
                Correct(isVoid: false);
                break;
            case 9:
                Correct(isVoid: true);
                break;
            case 10:
                Outage();
                break;
            case 11:
                Suspend();
                break;
            case 12:
                End();
                break;
            case 13:
                TopUp();
                break;
            case 14:
                Extend();
                break;
            case 15:
                Shrink();
                break;
            case 16:
                StartEarly();
                break;
            case 17:
                Move();
                break;
            default:
                Pass();
                break;
        }
    }

    private void Ask()
    {
        var (hours, gpus, minutes) = (random.Next(1, 7), random.Next(1, 3), random.Next(1, 4) * 24 * 60);
        var from = Now.AddMinutes(random.Next(3) == 0 ? random.Next(0, 2_000) : 0);
        var grant = new LivedGrant(_grants.Count, gpus, from, from.AddMinutes(minutes), hours * 3_600);
        var ask = Quota.AskFor(hours, gpus: gpus) with { Life = grant.Life };
        var verdict = QuotaDecision.Decide(Match(grant), ask, quota.Counters, Now).Verdict;
        Tell($"ask {hours} h on {gpus} from {Minute(from)} for {minutes}: {verdict}");
        if (verdict != QuotaVerdict.Approve)
            return;
        Happens(grant, QuotaFact.Granted(Now, Now, ask.Time, ask.Credits, gpus).Of(grant.Life, GpuTime.Zero));
        PromisedSeconds += ask.Time.Seconds;
        _grants.Add(grant);
    }

    private void TopUp()
    {
        if (Open() is not { } grant)
            return;
        var ask = Quota.AskFor(random.Next(1, 4), gpus: grant.Gpus) with { Life = grant.Life, Part = AskedPart.Time };
        var verdict = QuotaDecision.Decide(Match(grant), ask, quota.Counters, Now).Verdict;
        Tell($"top up {grant.Number} by {ask.Time.Seconds} s: {verdict}");
        if (verdict != QuotaVerdict.Approve)
            return;
        Happens(grant, QuotaFact.ToppedUp(Now, ask.Time, ask.Credits).Of(grant.Life, grant.Outstanding));
        grant.GrantedSeconds += ask.Time.Seconds;
        PromisedSeconds += ask.Time.Seconds;
    }

    /// <summary>To another offer: its use ends. What may have been used stays until it is settled. The rest goes on as another
    /// grant.</summary>
    private void Move()
    {
        if (Open() is not { Outstanding.IsZero: false } grant)
            return;
        var (life, number) = (grant.Life, _grants.Count);
        var stays = GpuGrants.Usage.Settlement.Reserved(TermsOf(grant) with { EndsAt = Now }, grant.Used);
        var (kept, goes) = GrantMoves.Divide([new GrantPart(Now, grant.Outstanding)], stays);
        var left = GrantMoves.SumOf(goes);
        var moved = new LivedGrant(number, grant.Gpus, grant.From > Now ? grant.From : Now, grant.To, left.Seconds);
        Tell($"move {grant.Number} as {number}: {left.Seconds} s, {stays.Seconds} s stay");
        foreach (var fact in GrantMoves.Out(Now, life, goes, Free, isWhole: stays.IsZero, beside: stays))
            Happens(grant, fact);
        foreach (var fact in GrantMoves.Out(Now, life, kept, Free))
            Happens(grant, fact);
        grant.ReturnedSeconds += left.Seconds;
        (grant.HasEnded, grant.IsSettled, grant.To) = (true, stays.IsZero, Now < life.From ? life.From : Now);
        (grant.SettlesAt, grant.GoesOnAs) = (stays.IsZero ? Now : Now + Settlement, moved);
        foreach (var fact in GrantMoves.In(Now, grant.Life, kept, Free, isWhole: false))
            Happens(grant, fact);
        foreach (var fact in GrantMoves.In(Now, moved.Life, goes, Free))
            Happens(moved, fact);
        _grants.Add(moved);
    }

    private void Extend()
    {
        if (Open() is { } grant)
            Redate(grant, grant.Life with { To = grant.To.AddMinutes(random.Next(1, 3_000)) });
    }

    private void StartEarly()
    {
        if (Open() is { } grant && grant.From > Now)
            Redate(grant, GrantTimes.StartedAt(grant.Life, Now));
    }

    /// <summary>Other dates are an ask of limits on use, which the grant's own time does not count against.</summary>
    private void Redate(LivedGrant grant, GrantLife life)
    {
        var (before, left) = (grant.Life, grant.Outstanding);
        foreach (var fact in GrantMoves.Out(Now, before, [new GrantPart(Now, left)], Free))
            Happens(grant, fact);
        var ask = new QuotaAsk(left, Rate.FromMillicredits(1_000), grant.Gpus, IsCountedAlready: true, life) { Part = AskedPart.Dates };
        var verdict = QuotaDecision.Decide(Match(grant), ask, quota.Counters, Now).Verdict;
        Tell($"redate {grant.Number} to {Minute(life.From)}-{Minute(life.To)}: {verdict}");
        if (verdict == QuotaVerdict.Approve)
            (grant.From, grant.To) = (life.From, life.To);
        foreach (var fact in GrantMoves.In(Now, grant.Life, [new GrantPart(Now, left)], Free))
            Happens(grant, fact);
    }

    private void Shrink()
    {
        if (Open() is not { } grant)
            return;
        var terms = TermsOf(grant);
        var most = Shrinking.MostOf(terms, grant.Used, Now);
        var time = GpuTime.FromSeconds(random.NextInt64(0, most.Seconds + 1));
        var first = grant.From > Now ? grant.From : Now;
        var end = random.Next(2) == 0 ? grant.To : first.AddMinutes(random.Next(1, Math.Max(2, (int)(grant.To - first).TotalMinutes)));
        var gpus = grant.From > Now && random.Next(2) == 0 ? 1 : grant.Gpus;
        var smaller = terms with { EndsAt = end, Gpus = gpus, Most = terms.Most - time };
        var returned = time + Shrinking.BeyondUse(smaller, grant.Used);
        Tell($"shrink {grant.Number} by {time.Seconds} s to {Minute(end)} on {gpus}: {returned.Seconds} s return");
        Return(grant, returned);
        var (before, left) = (grant.Life, grant.Outstanding);
        (grant.To, grant.Gpus) = (end, gpus);
        foreach (var fact in GrantMoves.Out(Now, before, [new GrantPart(Now, left)], Free))
            Happens(grant, fact);
        foreach (var fact in GrantMoves.In(Now, grant.Life, [new GrantPart(Now, left)], Free))
            Happens(grant, fact);
    }

    private LivedGrant? Open() => Any() is { HasEnded: false, IsSuspended: false } grant && grant.To > Now ? grant : null;

    private static Credits Free(GpuTime time) => default;

    private void Report()
    {
        if (Any() is not { } grant)
            return;
        var (from, to, milliGpus) = NewUse(grant);
        var slices = random.Next(3) == 0 ? random.Next(2, 5) : 1;
        var terms = TermsOf(grant) with { Grace = GraceOf(grant) };
        var meter = new UsageMeter(terms, grant.Used, grant.Profile(), Now);
        var taken = new List<LivedRecord>();
        for (var i = 0; i < slices; i++)
        {
            var reading = new UsageReading(milliGpus, At(from + ((to - from) * i / slices)), At(from + ((to - from) * (i + 1) / slices)));
            if (meter.Take(reading, out var charge) is { } refusal)
            {
                Tell($"report {from}-{to} of {grant.Number}: {refusal.Code}");
                continue;
            }

            taken.Add(
                new LivedRecord
                {
                    MilliGpus = milliGpus,
                    Span = charge.Span,
                    ChargedSeconds = charge.Time.Seconds,
                    Uncharged = charge.Uncharged,
                    Excused = charge.Excused,
                    RecordedAt = Now,
                }
            );
        }

        Charge(grant, terms, meter, taken);
        Tell($"report {milliGpus} {from}-{to} of {grant.Number} in {slices}: {taken.Sum(one => one.ChargedSeconds)} s");
    }

    private void Charge(LivedGrant grant, UsageTerms terms, UsageMeter meter, List<LivedRecord> taken)
    {
        if (!meter.TopUp.IsZero)
        {
            Happens(grant, QuotaFact.ToppedUp(Now, meter.TopUp, default).Of(grant.Life, grant.Outstanding));
            grant.GrantedSeconds += meter.TopUp.Seconds;
            grant.GraceSeconds += meter.TopUp.Seconds;
            PromisedSeconds += meter.TopUp.Seconds;
        }

        var left = grant.Outstanding;
        grant.Used = meter.Used;
        grant.Records.AddRange(taken);
        var parts = taken
            .Where(one => one.ChargedSeconds > 0)
            .SelectMany(one => UsageParts.Of(SpansOf(terms, one.Span), GpuTime.FromSeconds(one.ChargedSeconds)));
        foreach (var (span, time) in UsageParts.Together(parts, quota.Compiled.UseCellMs))
        {
            Happens(grant, QuotaFact.Used(Now, span.EndedAt, time).Since(span.StartedAt).Of(grant.Life, left));
            left -= time;
        }
    }

    private void Correct(bool isVoid)
    {
        if (Any() is not { Records.Count: > 0 } grant)
            return;
        var record = grant.Records[random.Next(grant.Records.Count)];
        var (from, to, milliGpus) = NewUse(grant);
        var reading = isVoid ? (UsageReading?)null : new UsageReading(milliGpus, At(from), At(to));
        var outcome = Correct(grant, record, reading, null);
        Tell($"correct {Words(record)} of {grant.Number} to {(isVoid ? "nothing" : $"{milliGpus} {from}-{to}")}: {outcome}");
    }

    private string Correct(LivedGrant grant, LivedRecord record, UsageReading? reading, UsageSpan? outage)
    {
        var terms = TermsOf(grant);
        var meter = new UsageMeter(terms with { TakesUsage = true }, grant.Used, grant.Profile(), Now);
        var most = outage is { } known
            ? terms.Left(record.Charged, record.MilliGpus, record.Span, terms.Before(known))
            : (MeteredTime?)null;
        if (meter.Replace(record.Span, record.MilliGpus, record.Free, reading, out var charge, most) is { } refusal)
            return refusal.Code;
        var isMore =
            meter.Used.GpuMicroseconds > grant.Used.GpuMicroseconds
            || meter.Used.Plus(charge.Uncharged).GpuMicroseconds > grant.Used.Plus(record.Uncharged).GpuMicroseconds;
        if (isMore && !terms.TakesUsage)
            return "usage-settled";
        var before = SpansOf(outage is { } one ? terms.Before(one) : terms, record.Span);
        var parts = new CorrectedParts(before, reading is null ? before : SpansOf(terms, charge.Span), outage is not null);
        var seconds = meter.Used.Charged.Seconds - grant.Used.Charged.Seconds;
        var use = new CorrectedUse(
            grant.Life,
            grant.Outstanding,
            grant.IsSettled,
            record.ChargedSeconds,
            record.RecordedAt,
            parts,
            seconds
        );
        var change = UsageCorrection.Of(Match(grant), use, quota.Counters, Now);
        if (!change.HasRoom)
            return outage is null ? "usage-exceeds-limit" : throw new InvalidOperationException("An outage has no room.");
        foreach (var fact in change.Facts)
            Happens(grant, fact);
        grant.Used = meter.Used;
        if (reading is null)
        {
            grant.Records.Remove(record);
            grant.VoidedSeconds += record.ChargedSeconds + seconds;
        }
        else
            (record.MilliGpus, record.Span) = (reading.Value.MilliGpus, charge.Span);
        (record.Uncharged, record.Excused) = (charge.Uncharged, charge.Excused);
        record.ChargedSeconds += seconds;
        Return(grant, change.Returned);
        return $"{seconds} s, {change.Returned.Seconds} s returned";
    }

    private void Outage()
    {
        var from = random.Next(0, Math.Max(1, NowMinute));
        var span = UsageSpan.Between(At(from), At(Math.Min(NowMinute, from + random.Next(1, 90))));
        if (span.IsEmpty)
            return;
        Outages.Add(span);
        Tell($"outage {Words(span)}");
        foreach (var grant in _grants)
        foreach (var record in grant.Records.Where(one => !one.Span.Within(span).IsEmpty).ToList())
            Correct(grant, record, new UsageReading(record.MilliGpus, record.Span.StartedAt, record.Span.EndedAt), span);
    }

    private void Suspend()
    {
        if (Any() is not { HasEnded: false } grant || Now >= grant.To)
            return;
        Tell($"{(grant.IsSuspended ? "resume" : "suspend")} {grant.Number}");
        if (grant.IsSuspended)
            grant.Suspensions[^1] = grant.Suspensions[^1] with { ToMs = Now.ToUnixTimeMilliseconds() };
        else
            grant.Suspensions.Add(new UsageSpan(Now.ToUnixTimeMilliseconds(), long.MaxValue));
    }

    private void End()
    {
        if (Any() is not { } grant)
            return;
        if (!grant.HasEnded)
            End(grant);
        else if (!grant.IsSettled)
            Settle(grant);
    }

    private void End(LivedGrant grant)
    {
        var life = grant.Life;
        var end = Now < grant.To ? Now : grant.To;
        var reserved = GpuGrants.Usage.Settlement.Reserved(TermsOf(grant) with { EndsAt = end }, grant.Used);
        grant.SettlesAt = end + Settlement;
        grant.IsSettled = reserved.IsZero || grant.SettlesAt <= Now;
        Return(grant, grant.Outstanding - (grant.IsSettled ? GpuTime.Zero : reserved));
        Happens(grant, QuotaFact.GrantEnded(Now, Now, grant.Gpus).Of(life, grant.Outstanding));
        if (grant.IsSuspended)
            grant.Suspensions[^1] = grant.Suspensions[^1] with { ToMs = end.ToUnixTimeMilliseconds() };
        (grant.HasEnded, grant.To) = (true, end);
        Tell($"end {grant.Number}: {reserved.Seconds} s reserved");
    }

    private void Settle(LivedGrant grant)
    {
        if (!GoesOn(grant))
        {
            Tell($"settle {grant.Number}: {grant.Outstanding.Seconds} s return");
            Return(grant, grant.Outstanding);
        }

        grant.IsSettled = true;
    }

    /// <summary>What a moved grant has left goes on, where limits on use have room for it at its later dates.</summary>
    private bool GoesOn(LivedGrant grant)
    {
        if (grant is not { GoesOnAs: { HasEnded: false } next, Outstanding: { IsZero: false } left } || next.To <= Now)
            return false;
        var ask = new QuotaAsk(left, Rate.FromMillicredits(1_000), next.Gpus, IsCountedAlready: true, next.Life) { Part = AskedPart.Dates };
        if (QuotaDecision.Decide(Match(next), ask, quota.Counters, Now).Verdict == QuotaVerdict.Deny)
            return false;
        Tell($"settle {grant.Number}: {left.Seconds} s go on as {next.Number}");
        foreach (var fact in GrantMoves.Out(Now, grant.Life, [new GrantPart(Now, left)], Free, isWhole: false))
            Happens(grant, fact);
        foreach (var fact in GrantMoves.In(Now, next.Life, [new GrantPart(Now, left)], Free, isWhole: false, beside: next.Outstanding))
            Happens(next, fact);
        grant.ReturnedSeconds += left.Seconds;
        next.GrantedSeconds += left.Seconds;
        return true;
    }

    private void Return(LivedGrant grant, GpuTime time)
    {
        if (time.IsZero)
            return;
        Happens(grant, QuotaFact.Returned(Now, Now, time, default).Of(grant.Life, grant.Outstanding));
        grant.ReturnedSeconds += time.Seconds;
        PromisedSeconds -= time.Seconds;
    }

    /// <summary>The sweeper is sometimes late.</summary>
    private void Pass()
    {
        Now = Now.AddMinutes(random.Next(1, 400));
        if (random.Next(4) == 0)
            return;
        foreach (var grant in _grants.Where(one => !one.HasEnded && one.To <= Now).ToList())
            End(grant);
        foreach (var grant in _grants.Where(one => one.HasEnded && !one.IsSettled && one.SettlesAt <= Now).ToList())
            Settle(grant);
    }

    private LivedGrant? Any() => _grants.Count == 0 ? null : _grants[random.Next(_grants.Count)];

    /// <summary>Mostly in the grant's life and in the past.</summary>
    private (int From, int To, int MilliGpus) NewUse(LivedGrant grant)
    {
        var (first, until) = (Minute(grant.From), Math.Min(Minute(grant.To), NowMinute));
        var from = random.Next(first, Math.Max(first + 1, until));
        var to = Math.Max(from + 1, Math.Min(until, from + random.Next(1, 240)));
        // Some use fractions of a second, so that sums are rounded.
        var milliGpus = random.Next(3) == 0 ? random.Next(1, (grant.Gpus * 1_000) + 1) : random.Next(1, (grant.Gpus * 4) + 1) * 250;
        return (from, to, milliGpus);
    }

    private UsageTerms TermsOf(LivedGrant grant) =>
        new(
            !grant.HasEnded || (!grant.IsSettled && Now < grant.SettlesAt),
            grant.From,
            grant.To,
            grant.Gpus,
            GpuTime.FromSeconds(grant.GrantedSeconds - grant.ReturnedSeconds)
        )
        {
            Suspensions = grant.Suspensions,
            Outages = Outages,
        };

    private GpuTime GraceOf(LivedGrant grant)
    {
        var left = graceSeconds - grant.GraceSeconds;
        if (left <= 0 || grant.HasEnded || grant.IsSuspended)
            return GpuTime.Zero;
        var more = new QuotaAsk(GpuTime.FromSeconds(left), Rate.FromMillicredits(1_000), grant.Gpus, IsCountedAlready: true, grant.Life);
        return QuotaDecision.MostMore(Match(grant), more, quota.Counters, Now);
    }

    private IReadOnlyList<UsageSpan> SpansOf(UsageTerms terms, UsageSpan span) =>
        quota.Compiled.UseCellMs is not null && terms.UsableIn(span) is { Count: > 0 } parts ? parts : [span];

    private void Happens(LivedGrant grant, QuotaFact fact) => Match(grant).Apply(fact, quota.Counters);

    private QuotaMatch Match(LivedGrant grant) => quota.Compiled.Match(Quota.Startup with { Gpus = grant.Gpus, RequestedAt = Now });

    private void Tell(string what) => Story.Add($"{NowMinute}: {what}");

    private static string Words(LivedRecord record) => $"{record.MilliGpus} {Words(record.Span)}";

    private static string Words(UsageSpan span) => $"{Minute(span.StartedAt)}-{Minute(span.EndedAt)}";

    private static int Minute(DateTimeOffset at) => (int)(at - Start).TotalMinutes;

    private static DateTimeOffset At(int minute) => Start.AddMinutes(minute);
}
