using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Requests;

/// <summary>
/// Says which conditions of an award do not hold at a moment: programme, organization, offer, sizes, dates, capacity and budget.
/// Submitting, amending, accepting, endorsing and approving all ask here. Quotas come on top.
/// </summary>
public static class AwardConditions
{
    /// <summary>The reason against an award by an offer that has ended.</summary>
    public static Reason NotOpen => OfferReasons.NotOpen;

    /// <summary>Every reason against an award to the applicant, whichever offer would serve it.</summary>
    /// <returns>Empty when all conditions of programme and organization hold.</returns>
    public static List<Reason> Check(Applicant applicant, ProgrammeTerms terms, OfferAsk ask, DateTimeOffset at)
    {
        var reasons = Eligibility.Check(applicant, terms, ask.EndsAt - ask.StartsAt, at);
        // An ended programme is not active either. One reason says it.
        if (terms.EndsAt is { } end && at >= end)
            reasons.RemoveAll(reason => reason.Code == "programme-not-active");
        else if (terms.IsActive && GrantDates.AgainstProgramme(terms, ask) is { } outside)
            reasons.Add(outside);
        return reasons;
    }

    /// <summary>Every reason against an award by this offer.</summary>
    /// <param name="supply">The offer, with what is free.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="grantable">The amount that the reasons tell the applicant to ask for; zero when none would pass.</param>
    /// <returns>Empty when all conditions of the offer hold.</returns>
    public static List<Reason> Check(in Supply supply, OfferAsk ask, GpuTime grantable)
    {
        var reasons = new List<Reason>();
        if (!supply.Offer.IsOpen)
            reasons.Add(OfferReasons.NotOpen);
        if (!OfferMatching.ServesApplicant(supply.Offer, ask))
            reasons.Add(OfferReasons.NotForApplicant);
        if (GrantDates.AgainstOffer(supply.Offer, ask) is { } outside)
            reasons.Add(outside);
        OfferReasons.CheckAmounts(supply, ask, grantable, reasons);
        return reasons;
    }

    /// <summary>Every reason against an award that a person or the applicant is about to settle.</summary>
    /// <param name="applicant">The organization as it is now.</param>
    /// <param name="terms">The programme's terms as they are now.</param>
    /// <param name="supply">The offer as it is now; null when it has ended.</param>
    /// <param name="ask">What would be awarded.</param>
    /// <param name="grantable">The amount that would pass; zero when none would.</param>
    /// <param name="at">The moment of the verdict.</param>
    /// <returns>Empty when all conditions hold.</returns>
    public static List<Reason> Check(
        Applicant applicant,
        ProgrammeTerms terms,
        Supply? supply,
        OfferAsk ask,
        GpuTime grantable,
        DateTimeOffset at
    ) => [.. Check(applicant, terms, ask, at), .. supply is { } given ? Check(given, ask, grantable) : [OfferReasons.NotOpen]];
}
