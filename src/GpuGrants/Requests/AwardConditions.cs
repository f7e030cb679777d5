using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Requests;

/// <summary>
/// Says which conditions of an award do not hold at a moment: programme, organization, offer, sizes, dates, capacity and budget.
/// Submitting, amending, accepting, endorsing and approving all ask here. Quotas come on top.
/// </summary>
public static class AwardConditions
{
    /// <summary>Every reason against an award to the applicant, whichever offer would serve it.</summary>
    /// <param name="applicant">The organization as it is at the moment.</param>
    /// <param name="terms">The programme's terms at the moment.</param>
    /// <param name="ask">The whole grant: of one that changes, as it would be then.</param>
    /// <param name="at">The moment.</param>
    /// <returns>Empty when all conditions of programme and organization hold.</returns>
    public static List<Reason> AgainstApplicant(Applicant applicant, ProgrammeTerms terms, OfferAsk ask, DateTimeOffset at)
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
    /// <param name="supply">The offer, with what is free; null when it has ended.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="grantable">The amount that the reasons tell the applicant to ask for; zero when none would pass.</param>
    /// <returns>Empty when all conditions of the offer hold.</returns>
    public static List<Reason> AgainstOffer(Supply? supply, OfferAsk ask, GpuTime grantable)
    {
        if (supply is not { } given)
            return [OfferReasons.NotOpen];
        var reasons = new List<Reason>();
        if (!given.Offer.IsOpen)
            reasons.Add(OfferReasons.NotOpen);
        if (!OfferMatching.ServesApplicant(given.Offer, ask))
            reasons.Add(OfferReasons.NotForApplicant);
        if (GrantDates.AgainstOffer(given.Offer, ask) is { } outside)
            reasons.Add(outside);
        OfferReasons.CheckAmounts(given, ask, grantable, reasons);
        return reasons;
    }
}
