using GpuGrants.Api.Mail;

namespace GpuGrants.Api.People;

/// <summary>What is mailed to people, in English and Korean.</summary>
internal static class Letters
{
    /// <summary>The code by which somebody signs up.</summary>
    public static Letter SignUp(string to, string language, string code, string organization) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 가입 코드: {code}",
                $"""
                이 주소로 GpuGrants에 '{organization}'을(를) 등록하려는 요청이 있었습니다.

                코드: {code}

                코드는 15분 동안 사용할 수 있습니다. 이미 가입하셨다면 이 코드로 조직이 하나 더 만들어집니다.
                요청하지 않으셨다면 이 메일을 무시하십시오. 아무 일도 일어나지 않습니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants code: {code}",
                $"""
                Somebody asked to sign up "{organization}" at GpuGrants with this address.

                Your code: {code}

                The code works for 15 minutes. If you have signed up before, it makes another organization for you.
                If you did not ask for it, ignore this mail. Nothing happens then.
                """
            );

    /// <summary>The code by which somebody confirms whom a partner signed up.</summary>
    public static Letter PartnerSignUp(string to, string language, string code, Guid id, string partner) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 확인 코드: {code}",
                $"""
                {partner}에서 이 주소로 회원님을 GpuGrants에 등록하려고 합니다.
                동의하시면 {partner}에서 회원님의 조직을 위해 GPU 시간을 신청할 수 있습니다. 동의는 언제든지 거둘 수 있습니다.

                코드: {code}
                확인: POST /v1/partner-sign-ups/{id}/confirm

                코드는 15분 동안 사용할 수 있습니다.
                요청하지 않으셨다면 이 메일을 무시하십시오. 아무 일도 일어나지 않습니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants code: {code}",
                $"""
                {partner} wants to sign you up at GpuGrants with this address.
                If you agree, it may ask for GPU time for your organization. You can end that at any time.

                Your code: {code}
                Confirm: POST /v1/partner-sign-ups/{id}/confirm

                The code works for 15 minutes.
                If you did not ask for it, ignore this mail. Nothing happens then.
                """
            );

    /// <summary>The code by which somebody accepts a role.</summary>
    public static Letter Invitation(string to, string language, string code, Guid id, string role) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 초대 코드: {code}",
                $"""
                GpuGrants에서 '{role}' 역할로 초대받으셨습니다.

                코드: {code}

                수락하려면 7일 안에 POST /v1/invitations/{id}/accept 로 코드와 이름을 보내십시오.
                원하지 않으시면 이 메일을 무시하십시오. 아무 역할도 부여되지 않습니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants invitation: {code}",
                $"""
                Somebody invites you to the role "{role}" at GpuGrants.

                Your code: {code}

                To accept, send the code and your name within seven days: POST /v1/invitations/{id}/accept
                If you do not want the role, ignore this mail. You get no role without your yes.
                """
            );

    /// <summary>The code by which a lost secret is replaced.</summary>
    public static Letter Recovery(string to, string language, string code) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 복구 코드: {code}",
                $"""
                GpuGrants API 클라이언트의 새 비밀키를 만들려는 요청이 있었습니다.

                코드: {code}

                코드는 15분 동안 사용할 수 있습니다. 코드를 입력하면 이전 비밀키는 바로 사용할 수 없게 됩니다.
                요청하지 않으셨다면 이 메일을 무시하십시오. 비밀키는 그대로 유지됩니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants recovery code: {code}",
                $"""
                Somebody asked for a new secret of your API client at GpuGrants.

                Your code: {code}

                The code works for 15 minutes. Once you send it, the old secret stops working.
                If you did not ask for it, ignore this mail. Your secret stays as it is.
                """
            );

    /// <summary>The code by which an address shows its domain.</summary>
    public static Letter DomainProof(string to, string language, string code, string domain) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 도메인 확인 코드: {code}",
                $"""
                GpuGrants의 한 조직이 {domain} 도메인을 자신의 도메인으로 확인하려고 합니다.

                코드: {code}

                코드는 15분 동안 사용할 수 있습니다. 그 조직이 이 도메인에 속하는 경우에만 코드를 알려 주십시오.
                요청하지 않으셨다면 이 메일을 무시하십시오. 아무 일도 일어나지 않습니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants domain code: {code}",
                $"""
                An organization at GpuGrants wants to show that {domain} is its domain.

                The code: {code}

                The code works for 15 minutes. Pass it on only if the organization belongs to this domain.
                If you did not ask for it, ignore this mail. Nothing happens then.
                """
            );

    /// <summary>Tells an owner that an organization is about to get another one.</summary>
    public static Letter Rescue(string to, string language, string organization, int days) =>
        language == "ko"
            ? new(
                to,
                "GpuGrants: 조직의 소유자가 바뀌려고 합니다",
                $"""
                GpuGrants 관리자가 '{organization}' 조직에 새 소유자를 지정했습니다.

                {days}일이 지나면 새 소유자가 조직을 넘겨받을 수 있습니다.
                그대로 소유하시려면 그 전에 GET /v1/handovers 로 확인하신 뒤 POST /v1/handovers/(ID)/stop 을 호출해 주십시오.
                비밀키를 잃어버리셨다면 먼저 POST /v1/recoveries 로 새 비밀키를 받으실 수 있습니다.
                """,
                "ko"
            )
            : new(
                to,
                "GpuGrants: an organization is about to get another owner",
                $"""
                An administrator of GpuGrants named another owner for "{organization}".

                After {days} days the new owner may take the organization over.
                To keep it, find the handover with GET /v1/handovers and call POST /v1/handovers/(id)/stop before.
                If you lost your secret, replace it first: POST /v1/recoveries.
                """
            );

    /// <summary>The consent text that a guardian accepts, with the code. Another text is another <c>ConsentVersion</c>.</summary>
    public static Letter Guardian(string to, string language, string code, Guid id, string minor) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 보호자 확인 코드: {code}",
                $"""
                {minor} 님이 GpuGrants에서 GPU 사용 시간을 신청하기 위해 귀하를 보호자로 지정했습니다.

                동의 내용: 저는 {minor} 님의 법정 보호자입니다. {minor} 님이 GpuGrants 프로그램에 GPU 사용 시간을 신청하고 그 조건을 지키는 것에
                동의합니다. 이 동의는 언제든지 철회할 수 있습니다.

                코드: {code}

                동의하시면 15분 안에 POST /v1/confirmations/{id}/confirm 로 코드와 acceptsConsent: true 를 보내 주십시오.
                동의하지 않으시면 이 메일을 무시하십시오. 아무 일도 일어나지 않습니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants guardian code: {code}",
                $"""
                {minor} names you as a guardian, to ask for GPU time at GpuGrants.

                The consent: I am a legal guardian of {minor}. I agree that {minor} asks programmes of GpuGrants for GPU time, and keeps their
                terms. I may withdraw this at any time.

                The code: {code}

                To agree, send the code with acceptsConsent: true within 15 minutes: POST /v1/confirmations/{id}/confirm
                If you do not agree, ignore this mail. Nothing happens then.
                """
            );

    /// <summary>What a guardian keeps, to withdraw.</summary>
    public static Letter GuardianReceipt(string to, string language, Guid id, string key) =>
        language == "ko"
            ? new(
                to,
                "GpuGrants 보호자 확인이 완료되었습니다",
                $"""
                보호자 확인이 완료되었습니다. 철회하시려면 아래 키가 필요하니 이 메일을 보관해 주십시오.

                키: {key}

                철회하시려면 POST /v1/confirmations/{id}/withdraw 로 withdrawalKey 를 보내 주십시오.
                """,
                "ko"
            )
            : new(
                to,
                "Your GpuGrants confirmation",
                $"""
                You confirmed for a minor. Keep this mail: its key withdraws the confirmation at any time.

                The key: {key}

                To withdraw, send it as withdrawalKey: POST /v1/confirmations/{id}/withdraw
                """
            );

    /// <summary>The code by which the present or the new address agrees to a change.</summary>
    public static Letter EmailChange(string to, string language, string code, bool isNew) =>
        language == "ko"
            ? new(
                to,
                $"GpuGrants 주소 변경 코드: {code}",
                $"""
                GpuGrants 계정의 이메일 주소를 {(isNew ? "이 주소로" : "다른 주소로")} 변경하려는 요청이 있었습니다.

                {(isNew ? "새 주소" : "현재 주소")}의 코드: {code}

                변경하려면 현재 주소와 새 주소로 받은 두 코드가 모두 필요합니다. 코드는 15분 동안 사용할 수 있습니다.
                요청하지 않으셨다면 이 메일을 무시하십시오. 주소는 그대로 유지됩니다.
                """,
                "ko"
            )
            : new(
                to,
                $"Your GpuGrants code: {code}",
                $"""
                Somebody asked to change the e-mail address of an account at GpuGrants {(isNew ? "to this address" : "to another address")}.

                The code of the {(isNew ? "new" : "present")} address: {code}

                The change needs the codes of both addresses. They work for 15 minutes.
                If you did not ask for it, ignore this mail. The address stays as it is.
                """
            );
}
